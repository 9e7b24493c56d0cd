/** Values by names that a client chose. They have a null prototype, so that `__proto__` is an ordinary name. */

/** Values by name. A name that was sent more than once has an array. */
export type NamedValues = Record<string, unknown>;

/** Creates an object without values and without a prototype. */
export function createNamedValues(): NamedValues {
  return Object.create(null);
}

/** Collects values. A name that is added more than once gets an array. */
export class NamedValueCollector {
  readonly #lists: Map<string, unknown[]> = new Map();

  add(name: string, value: unknown): void {
    const list = this.#lists.get(name);
    if (list === undefined) this.#lists.set(name, [value]);
    else list.push(value);
  }

  /**
   * Returns a single value as it is, and several values of one name as an array. A single value that is itself an array
   * stays as it is.
   */
  toValues(): NamedValues {
    const values = createNamedValues();
    for (const [name, list] of this.#lists) values[name] = list.length === 1 ? list[0] : list;
    return values;
  }
}
