/** Helpers of the tests: a server with `cors()`, and requests to it. */
import { type IncomingHttpHeaders, request } from "node:http";
import { type Capability, Packetron, type ServerOptions } from "@packetron/core";
import { onTestFinished } from "vitest";
import { cors } from "../src/index.ts";

/** Starts a server with `cors()` that stops at the end of the test; `setUp` registers its routes. */
export async function startServer(
  setUp: (server: Packetron) => void,
  { others = [], ...options }: ServerOptions & { readonly others?: readonly Capability[] } = {},
): Promise<Packetron> {
  const silent = () => undefined;
  const server = new Packetron({
    host: "127.0.0.1",
    port: 0,
    maxThreads: 1,
    idleGrace: 0,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    ...options,
    capabilities: [cors(), ...others],
  });
  onTestFinished(() => server.stop());
  setUp(server);
  await server.start();
  return server;
}

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request on a connection of its own. */
export function ask(
  server: Packetron,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: server.port, path, method, headers, agent: false });
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

/** The headers of an answer that belong to CORS, and `Vary`. */
export function corsHeaders({ headers }: Answer): Record<string, unknown> {
  const names = Object.keys(headers).filter((name) => name.startsWith("access-control-") || name === "vary");
  return Object.fromEntries(names.map((name) => [name, headers[name]]));
}

/** Sends a preflight, as a browser does. */
export function preflight(
  server: Packetron,
  path: string,
  origin: string,
  method: string,
  headers: readonly string[] = [],
): Promise<Answer> {
  const names = headers.length === 0 ? {} : { "Access-Control-Request-Headers": headers.join(",") };
  return ask(server, "OPTIONS", path, { Origin: origin, "Access-Control-Request-Method": method, ...names });
}
