/** A logger that says nothing: a suite's servers see bad bodies on purpose. */
import type { Logger } from "../log.ts";

export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Does nothing. */
export function ignore(): void {}
