/** The result of reading a body: the promise of its value, and what is known beside it. */
import type { ParsedBody } from "../capability/body-parser.ts";
import { coreError, isPacketronError, type PacketronError } from "../errors/errors.ts";
import { isThenable } from "../node/thenable.ts";

/** No files; shared, so frozen. */
export const NO_FILES: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null));

/** The result of reading one body. The first call of `resolve`, `invalidate` or `reject` counts. */
export class BodyResult {
  /** What `getBody()` gives. */
  readonly value: Promise<unknown>;
  /** What `getFiles()` gives. */
  files: Readonly<Record<string, unknown>> = NO_FILES;
  /** What `getRawBody()` gives. */
  raw: Buffer | null = null;
  /** What `getBodyError()` gives. */
  error: Error | null = null;
  readonly #onInvalid: (error: PacketronError) => void;
  #settled = false;
  #resolve: (value: unknown) => void = ignore;
  #reject: (error: Error) => void = ignore;

  /** @param onInvalid Told of a body that is not valid, once. */
  constructor(onInvalid: (error: PacketronError) => void) {
    this.#onInvalid = onInvalid;
    this.value = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The body has a value. */
  resolve(value: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    if (isThenable(value)) this.value.catch(ignore); // a parser that is asynchronous, and may fail
    this.#resolve(value ?? null);
  }

  /** A stream parser is done. */
  resolveParsed(parsed: ParsedBody): void {
    if (this.#settled) return;
    this.files = parsed.files ?? NO_FILES;
    this.error = parsed.error ?? null;
    this.resolve(parsed.body);
  }

  /**
   * The body is not valid: its value is `null` and the reason stands beside it. A coded error of status 413, or of 500
   * and above, is no matter of validity: it rejects.
   *
   * @param parser Whose rules the body breaks; a cause that is a coded error of the client's speaks for itself.
   */
  invalidate(parser: string, cause: unknown): void {
    if (this.#settled) return;
    const coded = isPacketronError(cause) && cause.status !== undefined;
    // Too much is refused whatever the handler thinks of it; from 500 on, the fault is not the body's.
    if (coded && (cause.status === 413 || Number(cause.status) >= 500)) return this.reject(cause);
    const error = coded ? cause : coreError("PKT_BODY_INVALID", { parser, reason: reasonOf(cause) }, cause);
    this.error = error;
    this.resolve(null);
    this.#onInvalid(error);
  }

  /** The body cannot be read to its end. */
  reject(error: PacketronError): void {
    if (this.#settled) return;
    this.#settled = true;
    this.error = error;
    // Whoever awaits the body gets the rejection; a handler that never does must not end the process by it.
    this.value.catch(ignore);
    this.#reject(error);
  }
}

/** Does nothing. */
export function ignore(): void {}

/** A parser can throw anything, and a message can quote the whole body. */
function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : typeof cause).slice(0, 200);
}
