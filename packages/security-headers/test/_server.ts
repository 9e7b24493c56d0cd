/** Helpers of the tests: a server with `securityHeaders()`, and the headers of its answers. */
import { type IncomingHttpHeaders, request } from "node:http";
import { request as requestTls } from "node:https";
import { type Capability, type Handler, Packetron, type ServerOptions } from "@packetron/core";
import { onTestFinished } from "vitest";
import { securityHeaders } from "../src/index.ts";

const silent = () => undefined;

/** Starts a server with `securityHeaders()` and the route `/`; it stops at the end of the test. */
export async function startServer(
  options: ServerOptions,
  setUp: (server: Packetron) => void = () => undefined,
  handler: Handler = (_request, response) => response.sendOk(),
  others: readonly Capability[] = [],
): Promise<Packetron> {
  const server = new Packetron({
    host: "127.0.0.1",
    port: 0,
    maxThreads: 1,
    idleGrace: 0,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    ...options,
    capabilities: [securityHeaders(), ...others],
  });
  onTestFinished(() => server.stop());
  server.handle({ routePath: "/", handler });
  setUp(server);
  await server.start();
  return server;
}

/** The status and the headers of an answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Sends a request on a connection of its own, and waits for the end of the answer. */
export function ask(
  server: { readonly port: number; readonly tls?: boolean },
  path = "/",
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
  body = "",
): Promise<Answer> {
  const send = server.tls === true ? requestTls : request;
  return new Promise((resolve, reject) => {
    const sent = send({
      host: "127.0.0.1",
      port: server.port,
      path,
      headers,
      method,
      agent: false,
      rejectUnauthorized: false,
    });
    sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer to ${path}`)));
    sent.on("error", reject);
    sent.on("response", (response) => {
      response.resume();
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
    });
    sent.end(body);
  });
}

/** Headers that each server sends. */
const OF_THE_CONNECTION = ["connection", "content-length", "date", "keep-alive", "transfer-encoding"];

/** The headers of an answer, without those of the connection. */
export function ownHeaders({ headers }: Answer): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)));
}
