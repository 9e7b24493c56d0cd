/** The result of reading a body: a promise of its value, the files, the raw bytes and the error. */
import type { ParsedBody } from "../capability/body-parser.ts";
import { coreError, isPacketronError, type PacketronError } from "../errors/errors.ts";
import { isThenable } from "../node/thenable.ts";

/** The files of a body without files. Frozen, because requests share it. */
export const NO_FILES: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null));

/** The result of reading one body. The first call of `resolve()`, `invalidate()` or `reject()` settles it. */
export class BodyResult {
  /** The promise that `getBody()` returns. */
  readonly value: Promise<unknown>;
  /** The files that `getFiles()` resolves with. */
  files: Readonly<Record<string, unknown>> = NO_FILES;
  /** The bytes that `getRawBody()` resolves with. */
  raw: Buffer | null = null;
  /** The error that `getBodyError()` resolves with. */
  error: Error | null = null;
  readonly #onInvalid: (error: PacketronError) => void;
  #settled = false;
  #resolve: (value: unknown) => void = ignore;
  #reject: (error: Error) => void = ignore;

  /** @param onInvalid Called once for a body that is not valid. */
  constructor(onInvalid: (error: PacketronError) => void) {
    this.#onInvalid = onInvalid;
    this.value = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Settles {@link value} with the parsed body. If the parser returned a promise, `value` follows that promise. */
  resolve(value: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    if (isThenable(value)) this.value.catch(ignore); // an asynchronous parser may fail while no handler awaits the body
    this.#resolve(value ?? null);
  }

  /** Settles {@link value} and sets {@link files}, from the result of a parser that has read the body as a stream. */
  resolveParsed(parsed: ParsedBody): void {
    if (this.#settled) return;
    this.files = parsed.files ?? NO_FILES;
    this.error = parsed.error ?? null;
    this.resolve(parsed.body);
  }

  /**
   * Settles a body that is not valid: the value is `null`, and `error` has the reason. Rejects when the cause is a
   * coded error of status 413, or of 500 and above.
   *
   * @param parser The parser whose rules the body breaks. A cause that is a coded error with a status is kept as it is.
   */
  invalidate(parser: string, cause: unknown): void {
    if (this.#settled) return;
    const coded = isPacketronError(cause) && cause.status !== undefined;
    // A body over a limit is refused, so the handler must not get `null` as for an invalid one. From 500 on, the server
    // is at fault, and not the body.
    if (coded && (cause.status === 413 || Number(cause.status) >= 500)) return this.reject(cause);
    const error = coded ? cause : coreError("PKT_BODY_INVALID", { parser, reason: reasonOf(cause) }, cause);
    this.error = error;
    this.resolve(null);
    this.#onInvalid(error);
  }

  /** Rejects {@link value} with an error, because the body cannot be read to its end. */
  reject(error: PacketronError): void {
    if (this.#settled) return;
    this.#settled = true;
    this.error = error;
    // Code that awaits the body gets the rejection. A handler that never awaits the body must not end the process with
    // this rejection.
    this.value.catch(ignore);
    this.#reject(error);
  }
}

/** Does nothing. */
export function ignore(): void {}

/** The reason in an error: at most 200 characters, because a parser's message can quote the whole body. */
function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : typeof cause).slice(0, 200);
}
