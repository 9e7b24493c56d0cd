/** A server whose routes read bodies and report what came of them, and the requests to try it with. */
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import type { BodyParser, Gate } from "../../src/capability.ts";
import { isPacketronError } from "../../src/errors.ts";
import { PacketronRequestMethod } from "../../src/methods.ts";
import type { RouteOptions, ServerOptions } from "../../src/options.ts";
import { Registry } from "../../src/registry.ts";
import { bodyGates } from "../../src/request/body.ts";
import { failRequest } from "../../src/request/fail.ts";
import { createServing } from "../../src/request/http-server.ts";
import { PacketronRequest } from "../../src/request/request.ts";
import { PacketronResponse } from "../../src/request/response.ts";
import { isThenable } from "../../src/routing/compose.ts";
import { createRoute } from "../../src/routing/create-route.ts";
import { PacketronRoute } from "../../src/routing/route.ts";
import { resolveServerSettings } from "../../src/settings.ts";
import { RawClient, type RawResponse } from "../_raw.ts";

/** A route of the test server; without a handler it answers with {@link report}. */
export type BodyRoute = Partial<RouteOptions> & {
  /** Gates before the core's own, as global plugins are. */
  readonly early?: Gate;
  /** Gates between the core's own, as local plugins are. */
  readonly local?: Gate;
};

/** What a body gave, as JSON can say it. */
export interface Report {
  readonly body: unknown;
  readonly files: unknown;
  readonly raw: string | null;
  /** The code of `getBodyError()`. */
  readonly error: string | null;
  /** The code that `getBody()` rejected with. */
  readonly rejected: string | null;
}

/** A running server. */
export interface BodyServer {
  readonly port: number;
  /** Fields of every warning. */
  readonly warnings: object[];
  /** Errors that were reported as unexpected. */
  readonly reported: unknown[];
  /** Reports of requests whose handler is {@link report}, in the order in which they settled. */
  readonly reports: Report[];
  /** The open sockets. */
  readonly sockets: ReadonlySet<Socket>;
  stop(): Promise<void>;
}

/** Starts a server with one route for each path; every method leads to it. */
export async function startBodies(
  routes: Readonly<Record<string, BodyRoute>>,
  parsers: readonly BodyParser[] = [],
  options: ServerOptions = {},
): Promise<BodyServer> {
  const settings = resolveServerSettings(options);
  const registry = new Registry();
  for (const parser of parsers) registry.claimBodyParser("test", parser);
  const warnings: object[] = [];
  const reported: unknown[] = [];
  const reports: Report[] = [];
  const sockets = new Set<Socket>();
  const log = { debug() {}, info() {}, warn: (fields: object) => void warnings.push(fields), error() {} };
  const requestClass = class extends PacketronRequest {};
  Object.defineProperty(requestClass.prototype, "server", {
    value: {
      settings,
      log,
      readIp: () => "192.0.2.1",
      reportError: (error: unknown) => reported.push(error),
    },
  });
  const table = new Map<string, PacketronRoute>();
  for (const [path, { early, local, ...given }] of Object.entries(routes)) {
    const handler: RouteOptions["handler"] = async (request, response) => {
      const result = await report(request);
      reports.push(result);
      if (!response.writableEnded) response.end(JSON.stringify(result));
    };
    const route = createRoute(
      { method: PacketronRequestMethod.POST, routePath: path, handler, ...given },
      { registry, settings, routeClass: PacketronRoute, remove: () => undefined },
    );
    if (early !== undefined) route.addGate(100, early);
    if (local !== undefined) route.addGate(400, local);
    for (const { order, gate } of bodyGates(route)) route.addGate(order, gate);
    table.set(`/${path}`, route);
  }
  const serving = createServing({
    settings,
    log,
    requestClass,
    responseClass: PacketronResponse,
    dispatch(request, response) {
      request.response = response;
      request.route = table.get((request.url ?? "").split("?")[0] ?? "") ?? null;
      const result = request.route?.run(request, response);
      if (isThenable(result))
        result.then(undefined, (error: unknown) => failRequest(error, request, response));
    },
  });
  serving.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  serving.server.listen(0, "127.0.0.1");
  await once(serving.server, "listening");
  const { port } = serving.server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    serving.destroy();
    await serving.drain(0);
  };
  return { port, warnings, reported, reports, sockets, stop };
}

/** Asks for everything there is to know of a body. */
export async function report(request: PacketronRequest): Promise<Report> {
  try {
    const body = await request.getBody();
    const raw = await request.getRawBody();
    const files = await request.getFiles();
    return {
      body,
      files,
      raw: raw?.toString("latin1") ?? null,
      error: codeOf(await request.getBodyError()),
      rejected: null,
    };
  } catch (error) {
    const known = codeOf(await request.getBodyError());
    return { body: null, files: null, raw: null, error: known, rejected: codeOf(error) };
  }
}

/** What a body is expected to give, where it differs from nothing at all. */
export function gives(expected: Partial<Report>): Report {
  return { body: null, files: {}, raw: null, error: null, rejected: null, ...expected };
}

/** One request. */
export interface Posting {
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends the body in chunks of these sizes, the last one repeated; with Content-Length when it is absent. */
  readonly chunks?: readonly number[];
}

/** The bytes of one request, Connection: keep-alive. */
export function requestBytes(path: string, { body = "", headers = {}, chunks }: Posting): Buffer {
  const bytes = Buffer.from(body);
  const framing =
    chunks === undefined ? { "Content-Length": String(bytes.length) } : { "Transfer-Encoding": "chunked" };
  const lines = Object.entries({ Host: "test", ...framing, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = Buffer.from(`POST /${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  return Buffer.concat([head, chunks === undefined ? bytes : chunked(bytes, chunks)]);
}

/** Posts on a new connection; gives the final answer, and the report in it when the handler made one. */
export async function post(
  server: BodyServer,
  path: string,
  posting: Posting = {},
): Promise<RawResponse & { readonly report: Report | null }> {
  const client = await RawClient.connect({ port: server.port });
  try {
    const [answer] = await client.send(requestBytes(path, posting)).responses(1);
    if (answer === undefined) throw new Error("closed without an answer");
    return { ...answer, report: answer.body.length === 0 ? null : JSON.parse(answer.body.toString()) };
  } finally {
    client.destroy();
  }
}

/** Splits bytes into chunks of the transfer coding. */
export function chunked(bytes: Buffer, sizes: readonly number[]): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)] ?? bytes.length;
    const part = bytes.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"));
    at += part.length;
  }
  return Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]);
}

function codeOf(error: unknown): string | null {
  if (error === null) return null;
  return isPacketronError(error) ? error.code : String(error);
}
