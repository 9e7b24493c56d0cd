/** Routes as lines of text: one for the route, then what applies to it. */
import type { GateDescription, RouteDescription, ServerRoutes } from "@packetron/core/control";
import { printable, toColumns } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** The routes of one server, by path, below the line that says where it listens. */
export function routeLines({ address, routes, resolvers }: ServerRoutes, paint: Terminal["paint"]): string[] {
  const place = address === null ? "a server" : `${address.address}:${address.port}`;
  const count = routes.length === 1 ? "1 route" : `${routes.length} routes`;
  const sorted = routes.toSorted(
    (one, other) => compare(one.path, other.path) || compare(one.method, other.method),
  );
  const heads = toColumns(sorted.map(({ method, path }) => [printable(method), printable(path)]));
  const asked = resolvers.map(printable).join(", ");
  return [
    `${paint("strong", printable(place))}  ${count}`,
    ...sorted.flatMap((route, index) => [
      heads[index] ?? "",
      ...describe(route).map((line) => paint("faint", line)),
    ]),
    ...(asked === "" ? [] : [paint("faint", `other paths are looked up by ${asked}`)]),
  ];
}

function describe({ flags, gates, bodyLimit, streamLimit, options }: RouteDescription): string[] {
  const settings = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  const limits = [
    ...(bodyLimit === null ? [] : [`body ${tellBytes(bodyLimit)}`]),
    ...(streamLimit === null || streamLimit === bodyLimit ? [] : [`stream ${tellBytes(streamLimit)}`]),
  ];
  const rows = [
    ["flags", flags.join(", ")],
    ["limits", limits.join(", ")],
    ["options", settings.join(", ")],
    ["gates", gates.map(tellGate).join(" → ")],
  ];
  return toColumns(rows.filter(([, value]) => value !== "")).map((line) => `        ${printable(line)}`);
}

/** `@packetron/ratelimit`, `@packetron/plugins: authenticate (server)`. */
function tellGate({ owner, name, of }: GateDescription): string {
  // The name of a property that a function was written into says nothing.
  const named = ["", "gate", "handler"].includes(name) ? owner : `${owner}: ${name}`;
  return of === "server" ? `${named} (server)` : named;
}

function tellBytes(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && value % 1024 === 0 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value} ${units[unit]}`;
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
