/** Lua scripts, which Redis knows by their hash. */

/** A script with its hash. */
export class Script {
  readonly text: string;
  #hash: string | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** Made at the first use: an import of node:crypto would cost each start a millisecond. */
  get hash(): string {
    this.#hash ??= process.getBuiltinModule("node:crypto").createHash("sha1").update(this.text).digest("hex");
    return this.#hash;
  }
}
