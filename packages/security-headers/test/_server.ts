/** Helpers of the tests: a server with `securityHeaders()`, and the headers of its answers. */
import type { Capability, Handler, Packetron, ServerOptions } from "@packetron/core";
import { type HttpAnswer, ask as send } from "../../core/test/_client.ts";
import { startServer as start } from "../../core/test/_server.ts";
import { securityHeaders } from "../src/index.ts";

/** Starts a server with `securityHeaders()` and the route `/`; it stops at the end of the test. */
export async function startServer(
  options: ServerOptions,
  setUp: (server: Packetron) => void = () => undefined,
  handler: Handler = (_request, response) => response.sendOk(),
  others: readonly Capability[] = [],
): Promise<Packetron> {
  const addRoutes = (server: Packetron): void => {
    server.handle({ routePath: "/", handler });
    setUp(server);
  };
  const { server } = await start(addRoutes, { ...options, capabilities: [securityHeaders(), ...others] });
  return server;
}

/** Sends a request on a connection of its own, and waits for the end of the answer. */
export function ask(
  server: { readonly port: number; readonly tls?: boolean },
  path = "/",
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
  body = "",
): Promise<HttpAnswer> {
  return send(server, path, { method, headers, body });
}

/** Headers that each server sends. */
const OF_THE_CONNECTION = ["connection", "content-length", "date", "keep-alive", "transfer-encoding"];

/** The headers of an answer, without those of the connection. */
export function ownHeaders({ headers }: HttpAnswer): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)));
}
