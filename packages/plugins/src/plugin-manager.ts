/** The plugins of one place, a server or a route, as gates in the order of their priority. */
import type { Gate } from "@packetron/core";
import { assertPlugin, type PacketronPlugin } from "./plugin.ts";

/**
 * The plugins of a server (`server.globalPlugins`) or of a route (`route.plugins`). Looping over it gives them in the
 * order in which they run.
 *
 * Every change compiles the chain anew; a request costs a plugin's call and nothing for the order. A request that is
 * under way keeps the chain it started with. While the manager is empty there is nothing in the chain.
 *
 * @example
 * route.plugins.insert(auth, audit);
 * [...route.plugins].map((plugin) => plugin.priority); // the highest first
 */
export class PacketronPluginManager implements Iterable<PacketronPlugin> {
  readonly #addGate: (gate: Gate) => () => void;
  /** In the order of insertion, which decides among equal priorities. */
  #inserted: readonly PacketronPlugin[] = [];
  /** In the order of running. */
  #running: readonly PacketronPlugin[] = [];
  /** The removal of the gate of each running plugin. */
  readonly #removals: (() => void)[] = [];

  /** @internal */
  constructor(addGate: (gate: Gate) => () => void) {
    this.#addGate = addGate;
  }

  /**
   * Adds plugins. One that is there already stays where it is.
   *
   * @throws PKT_PLUGIN_INVALID when one of them is no plugin; none is added then.
   * @example
   * server.globalPlugins.insert(auth);
   */
  insert(...plugins: readonly PacketronPlugin[]): this {
    for (const [index, plugin] of plugins.entries()) assertPlugin(plugin, `plugins[${index}]`);
    const added = new Set(plugins.filter((plugin) => !this.has(plugin)));
    if (added.size === 0) return this;
    for (const plugin of added) plugin.attached(this);
    this.#inserted = [...this.#inserted, ...added];
    this.reorder();
    return this;
  }

  /**
   * Takes a plugin out.
   *
   * @returns Whether it was there.
   * @example
   * server.globalPlugins.remove(auth);
   */
  remove(plugin: PacketronPlugin): boolean {
    if (!this.has(plugin)) return false;
    plugin.detached(this);
    this.#inserted = this.#inserted.filter((other) => other !== plugin);
    this.reorder();
    return true;
  }

  /** Whether a plugin is in here. */
  has(plugin: PacketronPlugin): boolean {
    return this.#inserted.includes(plugin);
  }

  /** How many plugins there are. */
  get size(): number {
    return this.#inserted.length;
  }

  /** The plugins as they are now, in the order in which they run. */
  [Symbol.iterator](): IterableIterator<PacketronPlugin> {
    return this.#running.values();
  }

  /**
   * Sorts anew, after a priority has changed.
   *
   * One gate for each plugin, not one that loops over all: core's chain is such a loop already, and a second one inside
   * it adds 9 ns to each request (Node 24.21, `node benchmarks/micro/plugins.ts`).
   *
   * @internal
   */
  reorder(): void {
    const running = this.#inserted.toSorted((one, other) => other.priority - one.priority);
    // Gates of one order run as they were added, so all from the first change on are added anew.
    const kept = countEqual(this.#running, running);
    for (const removeGate of this.#removals.splice(kept)) removeGate();
    for (const { handler } of running.slice(kept)) this.#removals.push(this.#addGate(handler));
    this.#running = running;
  }
}

/** How many items two lists have in common from their beginning. */
function countEqual(one: readonly unknown[], other: readonly unknown[]): number {
  const different = one.findIndex((item, index) => item !== other[index]);
  return different === -1 ? one.length : different;
}
