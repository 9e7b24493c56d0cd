/** Helpers of the tests: a server with `metrics()`, requests to it, and a parser that is not Packetron's. */
import { createRequire } from "node:module";
import type { Capability, Packetron, ServerOptions } from "@packetron/core";
import { makeServer as make } from "../../core/test/_server.ts";
import { metrics } from "../src/index.ts";

export { ask } from "../../core/test/_client.ts";

/** Makes a server with `metrics()` that stops at the end of the test; `lines` are the messages of its log. */
export function makeServer({
  others = [],
  ...options
}: ServerOptions & { readonly others?: readonly Capability[] } = {}): {
  readonly server: Packetron;
  readonly lines: string[];
} {
  const lines: string[] = [];
  const log = (_fields: object, message: string): void => void lines.push(message);
  const { server } = make({
    logger: { debug: log, info: () => undefined, warn: log, error: log },
    metrics: true,
    ...options,
    capabilities: [metrics(), ...others],
  });
  return { server, lines };
}

/** Starts such a server; `setUp` registers its routes. */
export async function startServer(
  setUp: (server: Packetron) => void,
  options: Parameters<typeof makeServer>[0] = {},
): Promise<ReturnType<typeof makeServer>> {
  const made = makeServer(options);
  setUp(made.server);
  await made.server.start();
  return made;
}

/** A metric as the package parse-prometheus-text-format reads it. */
export interface ParsedSample {
  readonly value?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A family as the package parse-prometheus-text-format reads it. */
export interface ParsedFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly ParsedSample[];
}

const parser: (text: string) => readonly ParsedFamily[] = createRequire(import.meta.url)(
  "parse-prometheus-text-format",
);

/** Reads text 0.0.4, by family. */
export function parse(text: string): ReadonlyMap<string, ParsedFamily> {
  return new Map(parser(text).map((family) => [family.name, family]));
}

/** The lines of a text that have a sample of this name, without the name. */
export function samplesOf(text: string, name: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => line.slice(name.length).trim());
}

/** How many requests a text counts, by method, route and status. */
export function countsOf(text: string): Record<string, number> {
  const lines = samplesOf(text, "http_server_request_duration_seconds_count");
  return Object.fromEntries(
    lines.map((line) => {
      const label = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(line)?.[1] ?? "-";
      const key = `${label("http_request_method")} ${label("http_route")} ${label("http_response_status_code")}`;
      return [key, Number(line.slice(line.lastIndexOf(" ")))];
    }),
  );
}
