/** Finds the ends of answers in the bytes of a connection, at the cost of a comparison for answers of equal size. */

/** Where the status begins with its space, in four bytes that are compared as one number. */
const STATUS_AT = "HTTP/1.1".length;

/** The answers of one connection. Every answer has a `Content-Length`, which the parity test has proved. */
export class AnswerReader {
  readonly #status: number;
  /** The size of the last answer. The next one mostly has the same. */
  #size = 0;
  #pending: Buffer = Buffer.alloc(0);

  /** `status` is the one that every answer must have. */
  constructor(status: number) {
    this.#status = Buffer.from(` ${status}`).readUInt32BE();
  }

  /**
   * Takes the next bytes, and returns the number of answers that are complete with them.
   *
   * @throws Error for an answer with another status.
   */
  read(bytes: Buffer): number {
    if (bytes.length === this.#size && this.#pending.length === 0) return this.#check(bytes);
    let rest: Buffer = Buffer.concat([this.#pending, bytes]); // a copy: the caller reuses the memory of `bytes`
    let count = 0;
    for (let size = sizeOf(rest); size > 0 && size <= rest.length; size = sizeOf(rest)) {
      count += this.#check(rest);
      this.#size = size;
      rest = rest.subarray(size);
    }
    this.#pending = rest;
    return count;
  }

  #check(answer: Buffer): 1 {
    if (answer.readUInt32BE(STATUS_AT) !== this.#status)
      throw new Error(`an answer with another status: ${answer.toString("latin1", 0, 200)}`);
    return 1;
  }
}

/** The size of the first answer with its body, in bytes; 0 while its head is incomplete. */
function sizeOf(bytes: Buffer): number {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) return 0;
  const head = bytes.toString("latin1", 0, end);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without Content-Length: ${head}`);
  return end + 4 + Number(length);
}
