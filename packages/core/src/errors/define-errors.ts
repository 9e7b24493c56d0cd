/** Errors with stable codes, and tables of them. */

/** What a {@link PacketronError} is made of. */
export interface PacketronErrorOptions {
  /** The HTTP status for the client when a request caused the error; 500 is used when absent. */
  readonly status?: number | undefined;
  /** The original failure. */
  readonly cause?: unknown;
}

/**
 * An error with a stable `code`. Recognise it by the code, never by the text or by `instanceof`, so that two copies
 * of a package still agree. `status` is what the client gets when the error ends a request; its message is for the
 * log and never reaches a client.
 *
 * @example
 * try { await request.getBody(); } catch (error) { if (isPacketronError(error, "PKT_BODY_TOO_LARGE")) return; throw error; }
 */
export class PacketronError extends Error {
  override readonly name: string = "PacketronError";
  /** `PKT_<AREA>_<WHAT>`; stays for ever. */
  readonly code: string;
  /** What the client gets; `undefined` for an error that no request causes. */
  readonly status: number | undefined;

  constructor(code: string, message: string, options: PacketronErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.status = options.status;
  }
}

/**
 * Whether a value is a Packetron error, of the given code if one is named; true across copies of the package.
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
  /** The HTTP status for the client when the error ends its request; absent for errors that no request causes. */
  readonly status?: number;
  /** Says what arrived, what was expected and what to do next: a text, or a function that makes it from the facts. */
  readonly message: string | ((facts: Facts) => string);
  /**
   * A class of JavaScript's own that the error belongs to, such as `RangeError`.
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
   * @param rest The facts that the message is made of, if it is made of any; then the original failure, if there is one.
   */
  <Code extends keyof Errors & string>(code: Code, ...rest: ErrorArguments<Errors[Code]>): PacketronError;
  /** The codes of the table in its order; frozen. */
  readonly codes: readonly (keyof Errors & string)[];
}

/** What follows the code: facts may be left out where the message needs none. */
export type ErrorArguments<Facts> = undefined extends Facts
  ? [facts?: Facts, cause?: unknown]
  : [facts: Facts, cause?: unknown];

/**
 * Makes the errors of a package from one table: code, then status and message. The returned function takes a code, the
 * facts that its message needs (checked by TypeScript), and the original failure, which becomes `cause`.
 *
 * Codes are `PKT_<AREA>_<WHAT>` and stay for ever, texts may improve.
 *
 * @throws TypeError for a code of another form; the returned function throws one for a code that is not in the table.
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
    if (!/^PKT(?:_[A-Z\d]+){2,}$/.test(code))
      throw new TypeError(`The error code ${code} is not of the form PKT_<AREA>_<WHAT>.`);
  }

  function createError(code: string, facts?: unknown, cause?: unknown): PacketronError {
    const definition = Object.hasOwn(table, code) ? table[code] : undefined;
    if (definition === undefined) throw new TypeError(`The table of errors has no code ${code}.`);
    const { status, message, base } = definition;
    const text = typeof message === "string" ? message : message(facts);
    const original = cause === undefined ? undefined : { cause };
    return base === undefined
      ? new PacketronError(code, text, { status, ...original })
      : Object.assign(new base(text, original), { code, status });
  }

  return Object.assign(createError, { codes });
}
