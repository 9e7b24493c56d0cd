/** Log lines: pino-compatible calls, one line each to stderr by default. */

/** Where log lines go; pino's call convention, so a pino logger can be given as it is. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
