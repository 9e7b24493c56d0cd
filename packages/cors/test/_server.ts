/** Helpers of the tests: a server with `cors()`, and requests to it. */
import type { Capability, Packetron, ServerOptions } from "@packetron/core";
import { type HttpAnswer, ask as send } from "../../core/test/_client.ts";
import { startServer as start } from "../../core/test/_server.ts";
import { cors } from "../src/index.ts";

/** Starts a server with `cors()` that stops at the end of the test; `setUp` registers its routes. */
export async function startServer(
  setUp: (server: Packetron) => void,
  { others = [], ...options }: ServerOptions & { readonly others?: readonly Capability[] } = {},
): Promise<Packetron> {
  const { server } = await start(setUp, { ...options, capabilities: [cors(), ...others] });
  return server;
}

/** Sends a request on a connection of its own. */
export function ask(
  server: Packetron,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Promise<HttpAnswer> {
  return send(server, path, { method, headers, body });
}

/** The headers of an answer that belong to CORS, and `Vary`. */
export function corsHeaders({ headers }: HttpAnswer): Record<string, unknown> {
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
): Promise<HttpAnswer> {
  const names = headers.length === 0 ? {} : { "Access-Control-Request-Headers": headers.join(",") };
  return ask(server, "OPTIONS", path, { Origin: origin, "Access-Control-Request-Method": method, ...names });
}
