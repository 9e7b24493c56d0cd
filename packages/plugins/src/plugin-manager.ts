/** Keeps the plugins of a server or a route. Each plugin is a gate: a function that core runs before the handler. */
import type { Gate } from "@packetron/core";
import { fromCaller } from "@packetron/core/capability";
import { assertPlugin, type PacketronPlugin } from "./plugin.ts";

/** Adds a gate with the name that `packetron routes` shows; returns a function that removes the gate. */
type AddGate = (gate: Gate, name: string) => () => void;

/**
 * The plugins of a server (`server.globalPlugins`) or of a route (`route.plugins`). Iteration yields them in the order
 * in which they run.
 *
 * Every change rebuilds the chain of gates, so a request pays for the calls of its plugins only, not for sorting. A
 * request that is under way keeps the chain that it started with. An empty manager adds nothing to the chain.
 *
 * @example
 * route.plugins.insert(auth, audit);
 * [...route.plugins].map((plugin) => plugin.priority); // the highest first
 */
export class PacketronPluginManager implements Iterable<PacketronPlugin> {
  readonly #addGate: AddGate;
  /** The plugins in the order of insertion, which decides among equal priorities. */
  #inserted: readonly PacketronPlugin[] = [];
  /** The plugins in the order in which they run. */
  #running: readonly PacketronPlugin[] = [];
  /** For each plugin in `#running`, the function that removes its gate. */
  readonly #removals: (() => void)[] = [];

  /** @internal */
  constructor(addGate: AddGate) {
    this.#addGate = addGate;
  }

  /**
   * Adds plugins. A plugin that this plugin manager has already keeps its place.
   *
   * @throws PKT_PLUGIN_INVALID when an argument is not a plugin; in this case no plugin is added.
   * @example
   * server.globalPlugins.insert(auth);
   */
  insert(...plugins: readonly PacketronPlugin[]): this {
    fromCaller(this.insert, () => {
      for (const [index, plugin] of plugins.entries()) assertPlugin(plugin, `plugins[${index}]`);
    });
    const added = new Set(plugins.filter((plugin) => !this.has(plugin)));
    if (added.size === 0) return this;
    for (const plugin of added) plugin.attached(this);
    this.#inserted = [...this.#inserted, ...added];
    this.reorder();
    return this;
  }

  /**
   * Removes a plugin.
   *
   * @returns Whether this plugin manager had the plugin.
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

  /** Whether this plugin manager has a plugin. */
  has(plugin: PacketronPlugin): boolean {
    return this.#inserted.includes(plugin);
  }

  /** The number of plugins. */
  get size(): number {
    return this.#inserted.length;
  }

  /** The current plugins, in the order in which they run. */
  [Symbol.iterator](): IterableIterator<PacketronPlugin> {
    return this.#running.values();
  }

  /**
   * Sorts the plugins again after a priority has changed.
   *
   * Each plugin is a gate of its own. One gate that loops over all plugins would be a loop inside core's loop, and
   * would add 9 ns to each request (Node 24.21, `node benchmarks/micro/plugins.ts`).
   *
   * @internal
   */
  reorder(): void {
    const running = this.#inserted.toSorted((one, other) => other.priority - one.priority);
    // Gates of the same order run in the order of their addition, so every gate from the first change on is added
    // again.
    const kept = countEqual(this.#running, running);
    for (const removeGate of this.#removals.splice(kept)) removeGate();
    for (const { handler, name } of running.slice(kept)) this.#removals.push(this.#addGate(handler, name));
    this.#running = running;
  }
}

/** The length of the common beginning of two lists. */
function countEqual(one: readonly unknown[], other: readonly unknown[]): number {
  const different = one.findIndex((item, index) => item !== other[index]);
  return different === -1 ? one.length : different;
}
