/** Fencing tokens, each larger than all former ones. */
export class Tokens {
  /**
   * Begins with the wall clock, so that the tokens of a program that is started again are larger than those that a database
   * has seen. They fit into 64 bits, and leave room for a million tokens in each millisecond.
   */
  #last = BigInt(Date.now()) << 20n;

  /** Returns a new token. */
  next(): bigint {
    return ++this.#last;
  }
}
