/** The class `PacketronPlugin`: a gate with a priority, made by the program. */
import type { Gate } from "@packetron/core";
import { assertOptions, fromCaller, optionError, showValue } from "@packetron/core/capability";
import { pluginError } from "./errors.ts";
import type { PacketronPluginManager } from "./plugin-manager.ts";
import { PacketronPluginPriority } from "./priority.ts";
import { WeakList } from "./weak-list.ts";

/** A function that runs before the handler. Only the result `true`, or a response that has ended, stops the chain. */
export type PluginHandler = Gate;

/** Options of {@link PacketronPlugin}. */
export interface PacketronPluginOptions {
  /**
   * Runs for each request; may be async. The result `true` means that this plugin answers: no later plugin and no
   * handler runs, and the plugin has sent the answer or will send it. An ended response has the same effect. A throw or
   * a rejection is answered with 500.
   */
  handler: PluginHandler;
  /**
   * A value of {@link PacketronPluginPriority}, or any other finite number. Plugins with a higher priority run first,
   * plugins with the same priority in the order of insertion.
   * @default PacketronPluginPriority.MEDIUM
   */
  priority?: number;
  /**
   * The name of the plugin, which `packetron routes` and `server.routes()` show.
   * @default the name of the handler's function
   */
  name?: string | undefined;
}

const KNOWN_OPTIONS: readonly string[] = ["handler", "priority", "name"];

/**
 * A function that runs before handlers, with a priority. One plugin can be in many plugin managers: in
 * `server.globalPlugins` of each server, and in `route.plugins` of each route.
 *
 * @throws PKT_PLUGIN_HANDLER, PKT_PLUGIN_PRIORITY, PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
 * @example
 * const auth = new PacketronPlugin({
 *   name: "auth",
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
  /** The function that runs for each request. */
  readonly handler: PluginHandler;
  /** The name of the plugin in lists of routes; `""` without one. */
  readonly name: string;
  /** Identifies a plugin, so that two copies of this package in one program accept each other's plugins. @internal */
  readonly isPacketronPlugin = true;
  readonly #managers: WeakList<PacketronPluginManager> = new WeakList();
  #priority: number;

  constructor(options: PacketronPluginOptions) {
    const { handler, priority, name } = fromCaller(new.target, () => readOptions(options));
    this.handler = handler;
    this.name = name;
    this.#priority = priority;
  }

  /**
   * Makes a plugin, the same as `new PacketronPlugin(options)`.
   *
   * @throws PKT_PLUGIN_HANDLER, PKT_PLUGIN_PRIORITY, PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
   * @example
   * const timing = PacketronPlugin.create({ handler: (request, response) => response.setHeader("X-Served-By", "a") });
   */
  static create(options: PacketronPluginOptions): PacketronPlugin {
    fromCaller(PacketronPlugin.create, () => readOptions(options));
    return new PacketronPlugin(options);
  }

  /**
   * The priority of the plugin, the same in every plugin manager that has it. Plugins with a higher priority run first.
   */
  get priority(): number {
    return this.#priority;
  }

  /**
   * Changes the priority of the plugin in all plugin managers that have it. Requests that are under way keep their
   * order.
   *
   * @throws PKT_PLUGIN_PRIORITY when the value is not a finite number; in this case the priority stays as it was.
   * @example
   * auth.setPriority(PacketronPluginPriority.EXTREMELY_HIGH);
   */
  setPriority(priority: number): this {
    fromCaller(this.setPriority, () => assertPriority(priority));
    this.#priority = priority;
    for (const manager of this.#managers) manager.reorder();
    return this;
  }

  /**
   * Removes the plugin from one plugin manager, or from all when no argument is given. Requests under way still run the
   * plugin.
   *
   * @returns Whether a manager had the plugin.
   * @throws PKT_PLUGIN_MANAGER when the argument is not a plugin manager, for example a server or a route.
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
    fromCaller(this.remove, () => assertManager(manager));
    return manager.remove(this);
  }

  /** Called by a manager that has added the plugin. @internal */
  attached(manager: PacketronPluginManager): void {
    this.#managers.add(manager);
  }

  /** Called by a manager that has removed the plugin. @internal */
  detached(manager: PacketronPluginManager): void {
    this.#managers.delete(manager);
  }
}

function readOptions(
  options: PacketronPluginOptions,
): Pick<PacketronPlugin, "handler" | "name" | "priority"> {
  assertOptions("PacketronPlugin", options, KNOWN_OPTIONS, "an object such as { priority, handler }");
  const { handler, priority = PacketronPluginPriority.MEDIUM, name = nameOf(handler) } = options;
  if (typeof handler !== "function")
    throw pluginError("PKT_PLUGIN_HANDLER", { received: showValue(handler) });
  assertPriority(priority);
  if (typeof name !== "string") throw optionError("PacketronPlugin.name", name, 'a text such as "auth"');
  return { handler, priority, name };
}

/** The name of a handler's function. JavaScript gives a function in `{ handler: … }` the name "handler". */
function nameOf(handler: unknown): string {
  return typeof handler === "function" && handler.name !== "handler" ? handler.name : "";
}

/** Throws PKT_PLUGIN_INVALID when a value is not a plugin. `place` names the argument in the message. */
export function assertPlugin(value: unknown, place: string): asserts value is PacketronPlugin {
  if (typeof value !== "object" || value === null || !("isPacketronPlugin" in value))
    throw pluginError("PKT_PLUGIN_INVALID", { received: showValue(value), place });
}

/**
 * Throws PKT_PLUGIN_PRIORITY for a value that is not a finite number. The sort subtracts priorities: with NaN or two
 * infinite numbers the difference is NaN, so the order would depend on the engine.
 */
function assertPriority(priority: unknown): asserts priority is number {
  if (!Number.isFinite(priority)) throw pluginError("PKT_PLUGIN_PRIORITY", { received: showValue(priority) });
}

/**
 * Throws PKT_PLUGIN_MANAGER for a value that is not a plugin manager, judged by the method `reorder`, which only
 * managers have. A route, passed by mistake, has `remove()`, too, and that would remove the whole route.
 */
function assertManager(value: unknown): void {
  if (typeof value !== "object" || value === null || !("reorder" in value))
    throw pluginError("PKT_PLUGIN_MANAGER", { received: showValue(value) });
}
