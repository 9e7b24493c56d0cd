/** The class of which users make their plugins. */
import { assertOptions, type Gate, showValue } from "@packetron/core";
import { pluginError } from "./errors.ts";
import type { PacketronPluginManager } from "./plugin-manager.ts";
import { PacketronPluginPriority } from "./priority.ts";
import { WeakList } from "./weak-list.ts";

/** Looks at a request before its handler; only `true`, or a response that has ended, stops the chain. */
export type PluginHandler = Gate;

/** What a {@link PacketronPlugin} is made of. */
export interface PacketronPluginOptions {
  /**
   * Runs for each request, with or without a promise. `true` means "answered": no later plugin and no handler runs;
   * whoever returns it has sent the answer, or will. A response that has ended says the same. A throw or a rejection is
   * a 500.
   */
  handler: PluginHandler;
  /**
   * A value of {@link PacketronPluginPriority}, or any other finite number. The higher one runs first, equal ones in the
   * order of insertion.
   * @default PacketronPluginPriority.MEDIUM
   */
  priority?: number;
}

const KNOWN_OPTIONS: readonly string[] = ["handler", "priority"];

/**
 * A reusable step before the handlers, with a priority. One instance can be in any number of managers: the global one
 * of each server and the local one of each route.
 *
 * @throws PKT_PLUGIN_HANDLER, PKT_PLUGIN_PRIORITY, PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
 * @example
 * const auth = new PacketronPlugin({
 *   priority: PacketronPluginPriority.HIGH,
 *   handler(request, response) {
 *     if (request.cookies["session"] === token) return;
 *     response.sendStatusCode(HttpResponseCode.UNAUTHORIZED);
 *     return true; // no other plugin and no handler runs
 *   },
 * });
 * server.insertGlobalPlugin(auth);
 */
export class PacketronPlugin {
  /** What runs for each request. */
  readonly handler: PluginHandler;
  /** Tells a plugin, so that two copies of this package in one program take each other's. @internal */
  readonly isPacketronPlugin = true;
  readonly #managers: WeakList<PacketronPluginManager> = new WeakList();
  #priority: number;

  constructor(options: PacketronPluginOptions) {
    assertOptions("PacketronPlugin", options, KNOWN_OPTIONS, "an object such as { priority, handler }");
    const { handler, priority = PacketronPluginPriority.MEDIUM } = options;
    if (typeof handler !== "function")
      throw pluginError("PKT_PLUGIN_HANDLER", { received: showValue(handler) });
    assertPriority(priority);
    this.handler = handler;
    this.#priority = priority;
  }

  /**
   * The same as `new PacketronPlugin(options)`.
   *
   * @throws PKT_PLUGIN_HANDLER, PKT_PLUGIN_PRIORITY, PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
   * @example
   * const timing = PacketronPlugin.create({ handler: (request, response) => response.setHeader("X-Served-By", "a") });
   */
  static create(options: PacketronPluginOptions): PacketronPlugin {
    return new PacketronPlugin(options);
  }

  /** Its place in every manager: the higher one runs first. */
  get priority(): number {
    return this.#priority;
  }

  /**
   * Gives the plugin another priority in every manager it is in. Requests under way keep the order they started with.
   *
   * @throws PKT_PLUGIN_PRIORITY when it is not a finite number; nothing has changed then.
   * @example
   * auth.setPriority(PacketronPluginPriority.EXTREMELY_HIGH);
   */
  setPriority(priority: number): this {
    assertPriority(priority);
    this.#priority = priority;
    for (const manager of this.#managers) manager.reorder();
    return this;
  }

  /**
   * Takes the plugin out of one manager, or out of all of them when none is named. Requests under way still run it.
   *
   * @returns Whether it was in there.
   * @throws PKT_PLUGIN_MANAGER when the argument is no plugin manager: a server or a route has one, but is none.
   * @example
   * auth.remove(route.plugins); // this route only
   * auth.remove(); // everywhere
   */
  remove(manager?: PacketronPluginManager): boolean {
    if (manager === undefined) {
      const managers = [...this.#managers];
      for (const each of managers) each.remove(this);
      return managers.length > 0;
    }
    if (!isManager(manager)) throw pluginError("PKT_PLUGIN_MANAGER", { received: showValue(manager) });
    return manager.remove(this);
  }

  /** A manager has taken the plugin in. @internal */
  attached(manager: PacketronPluginManager): void {
    this.#managers.add(manager);
  }

  /** A manager has let the plugin go. @internal */
  detached(manager: PacketronPluginManager): void {
    this.#managers.delete(manager);
  }
}

/** Refuses what is no plugin; `place` says where it stood, for the error. */
export function assertPlugin(value: unknown, place: string): asserts value is PacketronPlugin {
  if (typeof value !== "object" || value === null || !("isPacketronPlugin" in value))
    throw pluginError("PKT_PLUGIN_INVALID", { received: showValue(value), place });
}

/** Not a number, or an infinite one, would make the order depend on how the engine sorts. */
function assertPriority(priority: unknown): asserts priority is number {
  if (!Number.isFinite(priority)) throw pluginError("PKT_PLUGIN_PRIORITY", { received: showValue(priority) });
}

/** By its verb that neither a server nor a route has; `route.remove()` would take the whole route away. */
function isManager(value: unknown): boolean {
  return typeof value === "object" && value !== null && "reorder" in value;
}
