/** Values by names that come from a client: null prototype, so that `__proto__` is a name like any other. */

/** Values by name; an array where a name came more than once. */
export type NamedValues = Record<string, unknown>;

/** No values yet. */
export function createNamedValues(): NamedValues {
  return Object.create(null);
}

/** Collects values; a name that comes again makes an array. */
export class NamedValueCollector {
  readonly #lists: Map<string, unknown[]> = new Map();

  add(name: string, value: unknown): void {
    const list = this.#lists.get(name);
    if (list === undefined) this.#lists.set(name, [value]);
    else list.push(value);
  }

  /** One value by itself, several as an array: a value that is an array is not mistaken for several. */
  toValues(): NamedValues {
    const values = createNamedValues();
    for (const [name, list] of this.#lists) values[name] = list.length === 1 ? list[0] : list;
    return values;
  }
}
