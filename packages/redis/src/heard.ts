/** Which messages of other programs were heard. Each has a number, so one that was sent twice is left out. */

/** The most programs that are remembered. */
const MAX_PROGRAMS = 10_000;

/** The last number of each program. */
export class Heard {
  readonly #last = new Map<string, number>();

  /**
   * Notes a message. Returns how many messages of its program came to nothing between the last one and this one; `null` when
   * this one was heard before.
   */
  note(program: string, number: number): number | null {
    const last = this.#last.get(program);
    if (last !== undefined && number <= last) return null;
    this.#last.delete(program); // the programs are in the order of their last messages
    this.#last.set(program, number);
    if (this.#last.size > MAX_PROGRAMS) {
      const [oldest = ""] = this.#last.keys();
      this.#last.delete(oldest);
    }
    return last === undefined ? 0 : number - last - 1;
  }
}
