/**
 * Describes a route in words: the names of its flags, the gates before its handler, and which capability added each
 * gate.
 */
import { GateOrder } from "../capability/contract.ts";
import type { Registry } from "../capability/registry.ts";
import { PacketronHandlerFlags, splitBits } from "../config/flags.ts";
import { showValue } from "../errors/show-value.ts";
import { methodNames } from "../http/methods.ts";
import type { OrderedStep } from "./gate-chain.ts";
import type { PacketronRoute } from "./route.ts";

/** A gate or an around in a {@link RouteDescription}. */
export interface GateDescription {
  /** The npm name of the capability that added it; `"@packetron/core"` for gates of core. */
  readonly owner: string;
  /** `"gate"`, or `"around"` for a function that runs the steps after it and the handler. */
  readonly kind: "gate" | "around";
  /** The name of the gate, such as that of a plugin, else of its function; `""` for a function without a name. */
  readonly name: string;
  /** The place among all steps: a value of {@link GateOrder}, or a number between two of them. Lower numbers run first. */
  readonly order: number;
  /** `"server"` when every request of the server passes it, `"route"` when only requests of this route do. */
  readonly of: "server" | "route";
}

/** A route, as `server.routes()` and `packetron routes` describe it. */
export interface RouteDescription {
  /** The method of the route, such as `"GET"`. */
  readonly method: string;
  /** The canonical path or pattern, with its leading slash. */
  readonly path: string;
  /** The protocol of a route that takes upgrades, such as `"websocket"`; absent for other routes. */
  readonly upgrade?: string;
  /** The names of the route's flags, lowest bit first. */
  readonly flags: readonly string[];
  /** The gates and arounds that a request of this route passes before the handler, in their order. */
  readonly gates: readonly GateDescription[];
  /** The largest body that may be read as a whole, in bytes; `null` means unlimited. */
  readonly bodyLimit: number | null;
  /** The largest body that may be read as a stream, in bytes; `null` means unlimited. */
  readonly streamLimit: number | null;
  /** The route's options for capabilities. Numbers, strings and booleans are as given, other values in words. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

/** Describes a route, with the gates and arounds of its server. */
export function describeRoute(
  route: PacketronRoute,
  serverSteps: readonly OrderedStep[],
  registry: Registry,
): RouteDescription {
  const local = (route.flags & PacketronHandlerFlags.LOCAL_PLUGINS_ONLY) !== 0;
  const passed = serverSteps.filter(({ order }) => !(local && order === GateOrder.GLOBAL_PLUGINS));
  const describe = (step: OrderedStep, of: GateDescription["of"]): GateDescription => {
    const run = "gate" in step ? step.gate : step.around;
    const kind = "gate" in step ? "gate" : "around";
    const name = ("name" in step ? step.name : undefined) ?? run.name;
    return { owner: registry.ownerOf(run), kind, name, order: step.order, of };
  };
  const names = registry.namesOf("handler");
  return {
    method: methodNames[route.method] ?? "",
    path: route.path,
    flags: splitBits(route.flags).map((bit) => names.get(bit) ?? `1 << ${31 - Math.clz32(bit)}`),
    gates: [
      ...passed.map((gate) => describe(gate, "server")),
      ...route.steps.map((gate) => describe(gate, "route")),
    ],
    bodyLimit: finite(route.bodyLimit),
    streamLimit: finite(route.streamLimit),
    options: Object.fromEntries(
      Object.entries(route.options).map(([name, value]) => [name, toPrimitive(value)]),
    ),
  };
}

/** A limit for JSON, which cannot hold `Infinity`: `null` means unlimited. */
function finite(limit: number): number | null {
  return Number.isFinite(limit) ? limit : null;
}

function toPrimitive(value: unknown): string | number | boolean {
  if (Array.isArray(value)) return value.length === 1 ? "1 entry" : `${value.length} entries`;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : showValue(value);
}
