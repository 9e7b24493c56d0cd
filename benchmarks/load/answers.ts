/** Finds the ends of answers in the bytes of a connection, at the cost of a comparison for answers of equal size. */
import { ChunkedBody } from "./chunked-body.ts";

/** Where the status begins with its space, in four bytes that are compared as one number. */
const STATUS_AT = "HTTP/1.1".length;

const HEAD_END = "\r\n\r\n";
const EMPTY: Buffer = Buffer.alloc(0);

/** The answers of one connection. Each has a `Content-Length`, chunks, or a status without a body. */
export class AnswerReader {
  readonly #status: number;
  readonly #hasBody: boolean;
  /** The size of the last answer. The next one mostly has the same. 0 when that is unknown. */
  #size = 0;
  /** The beginning of a head that is not complete. */
  #head = EMPTY;
  /** The bytes that the body of the current answer still lacks. */
  #missing = 0;
  /** The chunks of the current answer; `null` between answers, and in one with a `Content-Length`. */
  #chunks: ChunkedBody | null = null;

  /** `status` is the one that every answer must have. */
  constructor(status: number) {
    this.#status = Buffer.from(` ${status}`).readUInt32BE();
    this.#hasBody = status !== 204 && status !== 304;
  }

  /**
   * Takes the next bytes, and returns the number of answers that are complete with them.
   *
   * @throws Error for an answer with another status.
   */
  read(bytes: Buffer): number {
    if (bytes.length === this.#size && this.#isBetween) return this.#check(bytes);
    let count = 0;
    for (let at = 0; at < bytes.length; ) {
      at = this.#isBetween || this.#head.length > 0 ? this.#readHead(bytes, at) : this.#readBody(bytes, at);
      if (this.#isBetween) count++;
    }
    return count;
  }

  get #isBetween(): boolean {
    return this.#missing === 0 && this.#chunks === null && this.#head.length === 0;
  }

  /** Returns the index after the head, or after the bytes when the head is not complete with them. */
  #readHead(bytes: Buffer, at: number): number {
    const before = this.#head.length;
    const head = before === 0 ? bytes.subarray(at) : Buffer.concat([this.#head, bytes.subarray(at)]);
    const end = head.indexOf(HEAD_END);
    if (end === -1) {
      this.#head = Buffer.from(head); // a copy: the caller reuses the memory of `bytes`
      return bytes.length;
    }
    this.#check(head);
    this.#head = EMPTY;
    this.#begin(head.toString("latin1", 0, end));
    return at + end + HEAD_END.length - before;
  }

  /** Takes from a head how its body ends. */
  #begin(head: string): void {
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    if (!this.#hasBody) this.#size = head.length + HEAD_END.length;
    else if (length !== undefined) {
      this.#missing = Number(length);
      this.#size = head.length + HEAD_END.length + this.#missing;
    } else if (/^transfer-encoding: *chunked/im.test(head)) {
      this.#chunks = new ChunkedBody();
      this.#size = 0;
    } else throw new Error(`an answer without Content-Length: ${head}`);
  }

  #readBody(bytes: Buffer, at: number): number {
    if (this.#chunks !== null) {
      const end = this.#chunks.read(bytes, at);
      if (end === -1) return bytes.length;
      this.#chunks = null;
      return end;
    }
    const taken = Math.min(this.#missing, bytes.length - at);
    this.#missing -= taken;
    return at + taken;
  }

  #check(answer: Buffer): 1 {
    if (answer.readUInt32BE(STATUS_AT) !== this.#status)
      throw new Error(`an answer with another status: ${answer.toString("latin1", 0, 200)}`);
    return 1;
  }
}
