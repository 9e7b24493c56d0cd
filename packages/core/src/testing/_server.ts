/** How the servers of the suites are set up. */
import type { ServerOptions } from "../config/options.ts";

/** One process on a free port of 127.0.0.1, without a word, because it sees bad input on purpose, and quick to stop. */
export const loopbackOptions: ServerOptions = Object.freeze({
  host: "127.0.0.1",
  port: 0,
  maxThreads: 1,
  idleGrace: 0,
  drainTimeout: 100,
  logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
});

/** Does nothing. */
export function ignore(): void {}
