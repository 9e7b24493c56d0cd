/** A route in words: what its numbers mean, which gates stand before its handler, and who put them there. */
import { GateOrder } from "../capability/contract.ts";
import type { Registry } from "../capability/registry.ts";
import { PacketronHandlerFlags, splitBits } from "../config/flags.ts";
import { showValue } from "../errors/show-value.ts";
import { methodNames } from "../http/methods.ts";
import type { OrderedGate } from "./gates.ts";
import type { PacketronRoute } from "./route.ts";

/** A gate as {@link RouteDescription} has it. */
export interface GateDescription {
  /** The npm name of the capability that added it; `"@packetron/core"` for core's own. */
  readonly owner: string;
  /** The name of its function, `""` when it has none. */
  readonly name: string;
  /** Where it stands: a value of {@link GateOrder}, or between two of them. */
  readonly order: number;
  /** Whether every request of the server passes it, or those of this route only. */
  readonly of: "server" | "route";
}

/** A route, as `server.routes()` and `packetron routes` describe it. */
export interface RouteDescription {
  /** `"GET"`. */
  readonly method: string;
  /** The canonical path or pattern, with its leading slash. */
  readonly path: string;
  /** The names of its flags, lowest bit first. */
  readonly flags: readonly string[];
  /** The gates that a request for it passes, in this order; its handler comes behind them. */
  readonly gates: readonly GateDescription[];
  /** Cap of a body that is read as a whole, in bytes; `null` when there is none. */
  readonly bodyLimit: number | null;
  /** Cap of a body that is read as a stream, in bytes; `null` when there is none. */
  readonly streamLimit: number | null;
  /** The options of capabilities that it was registered with: numbers, strings and booleans as they are, others in words. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

/** Describes a route of a server whose gates are these. */
export function describeRoute(
  route: PacketronRoute,
  serverGates: readonly OrderedGate[],
  registry: Registry,
): RouteDescription {
  const local = (route.flags & PacketronHandlerFlags.LOCAL_PLUGINS_ONLY) !== 0;
  const passed = serverGates.filter(({ order }) => !(local && order === GateOrder.GLOBAL_PLUGINS));
  const describe = ({ order, gate }: OrderedGate, of: GateDescription["of"]): GateDescription => ({
    owner: registry.ownerOf(gate),
    name: gate.name,
    order,
    of,
  });
  const names = registry.namesOf("handler");
  return {
    method: methodNames[route.method] ?? "",
    path: route.path,
    flags: splitBits(route.flags).map((bit) => names.get(bit) ?? `1 << ${31 - Math.clz32(bit)}`),
    gates: [
      ...passed.map((gate) => describe(gate, "server")),
      ...route.gates.map((gate) => describe(gate, "route")),
    ],
    bodyLimit: finite(route.bodyLimit),
    streamLimit: finite(route.streamLimit),
    options: Object.fromEntries(
      Object.entries(route.options).map(([name, value]) => [name, toPrimitive(value)]),
    ),
  };
}

/** JSON has no infinity. */
function finite(limit: number): number | null {
  return Number.isFinite(limit) ? limit : null;
}

function toPrimitive(value: unknown): string | number | boolean {
  if (Array.isArray(value)) return value.length === 1 ? "1 entry" : `${value.length} entries`;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : showValue(value);
}
