/** Server options and helpers of the suites. */
import type { ServerOptions } from "../config/options.ts";

/**
 * One process on a free port of 127.0.0.1. It stops quickly, and logs nothing, because the suites send bad input on
 * purpose.
 */
export const loopbackOptions: ServerOptions = Object.freeze({
  host: "127.0.0.1",
  port: 0,
  maxThreads: 1,
  idleGrace: 0,
  drainTimeout: 100,
  logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
});

/** An empty function. */
export function ignore(): void {}
