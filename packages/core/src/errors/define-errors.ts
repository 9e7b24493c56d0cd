/** Errors with stable codes, and a function that makes the errors of a package from a table of codes. */

/** Options of the {@link PacketronError} constructor. */
export interface PacketronErrorOptions {
  /** The HTTP status that the client gets when the error ends its request; 500 when absent. */
  readonly status?: number | undefined;
  /** The error that caused the new error. */
  readonly cause?: unknown;
}

/**
 * An error with a stable `code`. Compare the code, not the message, which may change, and not with `instanceof`, which
 * fails when two copies of the package are installed. The message is for the log and never reaches a client.
 *
 * @example
 * try { await request.getBody(); } catch (error) { if (isPacketronError(error, "PKT_BODY_TOO_LARGE")) return; throw error; }
 */
export class PacketronError extends Error {
  override readonly name: string = "PacketronError";
  /** The code of the error, in the form `PKT_<AREA>_<WHAT>`. It never changes. */
  readonly code: string;
  /**
   * The HTTP status that the client gets when the error ends its request; `undefined` for an error that no request
   * causes.
   */
  readonly status: number | undefined;

  constructor(code: string, message: string, options: PacketronErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.status = options.status;
  }
}

/**
 * Whether a value is a Packetron error; if `code` is given, whether the value is the error with that code. Errors that
 * another installed copy of the package has made count, too.
 *
 * @example
 * if (isPacketronError(error, "PKT_SERVER_PORT_IN_USE")) process.exit(1);
 */
export function isPacketronError(error: unknown, code?: string): error is PacketronError {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return false;
  return code === undefined ? error.code.startsWith("PKT_") : error.code === code;
}

/** One row of a table for {@link defineErrors}. */
export interface ErrorDefinition<Facts> {
  /**
   * The HTTP status that the client gets when the error ends its request: a number, or a function that takes it from the
   * facts of the failure. Absent for errors that no request causes.
   */
  readonly status?: number | ((facts: Facts) => number);
  /**
   * The message: what arrived, what was expected and what to do next. A text, or a function that makes it from facts of
   * the failure, such as the received value.
   */
  readonly message: string | ((facts: Facts) => string);
  /**
   * A built-in error class that the error is an instance of, such as `RangeError`.
   * @default PacketronError
   */
  readonly base?: new (
    message: string,
    options?: ErrorOptions,
  ) => Error;
}

/** Makes the errors of one table by their codes; see {@link defineErrors}. */
export interface ErrorFactory<Errors> {
  /**
   * Makes an error.
   *
   * @param code A code of the table.
   * @param rest The facts that the message shows, if any; then the error that caused the new error, if any.
   */
  <Code extends keyof Errors & string>(code: Code, ...rest: ErrorArguments<Errors[Code]>): PacketronError;
  /** The codes of the table, in the order of the table; frozen. */
  readonly codes: readonly (keyof Errors & string)[];
}

/** The arguments of an {@link ErrorFactory} after the code; the facts are optional when the message shows none. */
export type ErrorArguments<Facts> = undefined extends Facts
  ? [facts?: Facts, cause?: unknown]
  : [facts: Facts, cause?: unknown];

/**
 * Returns a function that makes the errors of a package. The table has a status and a message for each error code. The
 * returned function takes a code, the facts that the message shows (checked by TypeScript), and the error that becomes
 * `cause`.
 *
 * Codes have the form `PKT_<AREA>_<WHAT>` and never change; messages may improve.
 *
 * @throws TypeError for a code of another form. The returned function throws a TypeError for a code that is not in the
 *   table.
 * @example
 * const ticketError = defineErrors({
 *   PKT_TICKET_CLOSED: { status: 409, message: "The ticket is closed. Open it again first." },
 *   PKT_TICKET_LIMIT: {
 *     status: 429,
 *     message: ({ open, limit }: { open: number; limit: number }) => `${open} tickets are open, the limit is ${limit}.`,
 *   },
 * });
 *
 * throw ticketError("PKT_TICKET_LIMIT", { open: 12, limit: 10 });
 */
export function defineErrors<Errors>(
  table: {
    readonly [Code in keyof Errors]: ErrorDefinition<Errors[Code]>;
  },
): ErrorFactory<Errors>;
export function defineErrors(
  table: Readonly<Record<string, ErrorDefinition<unknown>>>,
): ErrorFactory<Readonly<Record<string, unknown>>> {
  const codes = Object.freeze(Object.keys(table));
  for (const code of codes) {
    if (/^PKT(?:_[A-Z\d]+){2,}$/.test(code)) continue;
    const error = new TypeError(`The error code ${code} is not of the form PKT_<AREA>_<WHAT>.`);
    Error.captureStackTrace(error, defineErrors); // so that the stack begins at the table
    throw error;
  }

  function createError(code: string, facts?: unknown, cause?: unknown): PacketronError {
    const definition = Object.hasOwn(table, code) ? table[code] : undefined;
    if (definition === undefined) throw new TypeError(`The table of errors has no code ${code}.`);
    const { message, base } = definition;
    const status = typeof definition.status === "function" ? definition.status(facts) : definition.status;
    const text = typeof message === "string" ? message : message(facts);
    const original = cause === undefined ? undefined : { cause };
    const error =
      base === undefined
        ? new PacketronError(code, text, { status, ...original })
        : Object.assign(new base(text, original), { code, status });
    // A second stack costs time, which the errors that clients cause do not get.
    if (status === undefined) Error.captureStackTrace(error, createError);
    return error;
  }

  return Object.assign(createError, { codes });
}
