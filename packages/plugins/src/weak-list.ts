/** A set whose items may be collected: for one-to-many links that must not keep the many alive. */

/**
 * Holds its items weakly, in the order in which they were added.
 *
 * A plugin knows its managers by it. With an ordinary set, a plugin that is shared by routes which come and go would keep
 * every removed route, with its handler and all that it closes over, for as long as the process lives.
 */
export class WeakList<Item extends object> implements Iterable<Item> {
  readonly #references: WeakMap<Item, WeakRef<Item>> = new WeakMap();
  readonly #ordered: Set<WeakRef<Item>> = new Set();
  readonly #collected: FinalizationRegistry<WeakRef<Item>> = new FinalizationRegistry((reference) => {
    this.#ordered.delete(reference);
  });

  /** How many items there are, those included that are about to be collected. */
  get size(): number {
    return this.#ordered.size;
  }

  /** Adds an item; one that is there already keeps its place. */
  add(item: Item): void {
    this.#ordered.add(this.#references.get(item) ?? this.#refer(item));
  }

  /** Takes an item out. */
  delete(item: Item): void {
    const reference = this.#references.get(item);
    if (reference !== undefined) this.#ordered.delete(reference);
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const reference of this.#ordered) {
      const item = reference.deref();
      if (item !== undefined) yield item;
    }
  }

  /** One reference for each item, however often it comes and goes: what is registered stays so until it is collected. */
  #refer(item: Item): WeakRef<Item> {
    const reference = new WeakRef(item);
    this.#references.set(item, reference);
    this.#collected.register(item, reference);
    return reference;
  }
}
