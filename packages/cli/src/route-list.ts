/** Formats routes as text: a line for the route, then lines for its flags, limits, options and gates. */
import type { GateDescription, RouteDescription, ServerRoutes } from "@packetron/core/control";
import { formatAddress } from "./format-address.ts";
import { printable, toColumns } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** The routes of one server, sorted by path, below a line with the address of the server. */
export function routeLines({ address, routes, resolvers }: ServerRoutes, paint: Terminal["paint"]): string[] {
  const place = address === null ? "a server" : formatAddress(address);
  const count = routes.length === 1 ? "1 route" : `${routes.length} routes`;
  const sorted = routes.toSorted(
    (one, other) => compare(one.path, other.path) || compare(one.method, other.method),
  );
  const heads = toColumns(sorted.map(({ method, path }) => [printable(method), printable(path)]));
  const resolverNames = resolvers.map(printable).join(", ");
  return [
    `${paint("strong", printable(place))}  ${count}`,
    ...sorted.flatMap((route, index) => [
      heads[index] ?? "",
      ...describe(route).map((line) => paint("faint", line)),
    ]),
    ...(resolverNames === "" ? [] : [paint("faint", `other paths are looked up by ${resolverNames}`)]),
  ];
}

function describe({ flags, gates, bodyLimit, streamLimit, options }: RouteDescription): string[] {
  const settings = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  const limits = [
    ...(bodyLimit === null ? [] : [`body ${formatBytes(bodyLimit)}`]),
    ...(streamLimit === null || streamLimit === bodyLimit ? [] : [`stream ${formatBytes(streamLimit)}`]),
  ];
  const rows = [
    ["flags", flags.join(", ")],
    ["limits", limits.join(", ")],
    ["options", settings.join(", ")],
    ["gates", gates.map(formatGate).join(" → ")],
  ];
  return toColumns(rows.filter(([, value]) => value !== "")).map((line) => `        ${printable(line)}`);
}

/** A gate as text, such as `@packetron/ratelimit` or `@packetron/plugins: authenticate (server)`. */
function formatGate({ owner, kind, name, of }: GateDescription): string {
  // JavaScript names an anonymous function after its property, here `gate` or `handler`; such a name is left out.
  const named = ["", "around", "gate", "handler"].includes(name) ? owner : `${owner}: ${name}`;
  const notes = [...(kind === "around" ? [kind] : []), ...(of === "server" ? [of] : [])];
  return notes.length === 0 ? named : `${named} (${notes.join(", ")})`;
}

function formatBytes(bytes: number): string {
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
