/** Helpers of the tests: a server with `metrics()`, requests to it, and a parser that is not Packetron's. */

import { request } from "node:http";
import { createRequire } from "node:module";
import { type Capability, Packetron, type ServerOptions } from "@packetron/core";
import { onTestFinished } from "vitest";
import { metrics } from "../src/index.ts";

/** Makes a server with `metrics()` that stops at the end of the test. */
export function makeServer({
  others = [],
  ...options
}: ServerOptions & { readonly others?: readonly Capability[] } = {}): {
  readonly server: Packetron;
  readonly lines: string[];
} {
  const lines: string[] = [];
  const log = (_fields: object, message: string): void => void lines.push(message);
  const server = new Packetron({
    host: "127.0.0.1",
    port: 0,
    maxThreads: 1,
    idleGrace: 0,
    logger: { debug: log, info: () => undefined, warn: log, error: log },
    metrics: true,
    ...options,
    capabilities: [metrics(), ...others],
  });
  onTestFinished(() => server.stop());
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

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Sends a request on a connection of its own. */
export function ask(
  { port }: { readonly port: number },
  path: string,
  {
    method = "GET",
    headers = {},
    body = "",
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false });
    sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer to ${path}`)));
    sent.on("error", reject);
    sent.on("response", (response) => {
      let received = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        received += text;
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: received }),
      );
    });
    sent.end(body);
  });
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
