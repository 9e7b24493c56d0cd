/** A set that does not keep its items alive: an item that only this set refers to can be garbage-collected. */

/**
 * Holds its items weakly, in the order in which they were added.
 *
 * A plugin refers through such a list to its plugin managers, one for each route or server that uses it. With an
 * ordinary set, a plugin that many short-lived routes share would keep every removed route in memory, together with its
 * handler and the handler's closure.
 */
export class WeakList<Item extends object> implements Iterable<Item> {
  readonly #references: WeakMap<Item, WeakRef<Item>> = new WeakMap();
  readonly #ordered: Set<WeakRef<Item>> = new Set();
  readonly #collected: FinalizationRegistry<WeakRef<Item>> = new FinalizationRegistry((reference) => {
    this.#ordered.delete(reference);
  });

  /** The number of items, including items whose collection has not been reported yet. */
  get size(): number {
    return this.#ordered.size;
  }

  /** Adds an item. An item that the list has already keeps its place. */
  add(item: Item): void {
    this.#ordered.add(this.#references.get(item) ?? this.#refer(item));
  }

  /** Removes an item. */
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

  /**
   * Returns the WeakRef of an item. An item that is added again gets the same WeakRef, because each registration in a
   * FinalizationRegistry lasts until the item is collected.
   */
  #refer(item: Item): WeakRef<Item> {
    const reference = new WeakRef(item);
    this.#references.set(item, reference);
    this.#collected.register(item, reference);
    return reference;
  }
}
