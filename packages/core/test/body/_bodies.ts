/** Helpers: a server whose routes read bodies and report the results, and requests to it. */
import type { Socket } from "node:net";
import type { BodyParser } from "../../src/capability/body-parser.ts";
import { type Capability, type CapabilityHost, type Gate, GateOrder } from "../../src/capability/contract.ts";
import type { ServerOptions } from "../../src/config/options.ts";
import { isPacketronError } from "../../src/errors/errors.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import type { PacketronRequest } from "../../src/message/request.ts";
import type { Handler, RouteOptions } from "../../src/routing/route-options.ts";
import { Packetron } from "../../src/server/packetron.ts";
import { RawClient, type RawResponse } from "../_raw.ts";
import { collectLog } from "../_server.ts";

/** A route of the test server; without a handler it answers with {@link report}. */
export type BodyRoute = Partial<RouteOptions> & {
  /** A gate that runs before core's own, like global plugins. */
  readonly early?: Gate;
  /** A gate that runs between core's own, like local plugins. */
  readonly local?: Gate;
};

/** The results of the body accessors, as JSON. */
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
  readonly warnings: readonly object[];
  /** Errors that were reported as unexpected. */
  readonly reported: unknown[];
  /** Reports of requests whose handler is {@link report}, in the order in which they settled. */
  readonly reports: Report[];
  /** The open sockets. */
  readonly sockets: ReadonlySet<Socket>;
  stop(): Promise<void>;
}

/** Starts a server with one POST route for each path. */
export async function startBodies(
  routes: Readonly<Record<string, BodyRoute>>,
  parsers: readonly BodyParser[] = [],
  options: ServerOptions = {},
): Promise<BodyServer> {
  const { logger, lines } = collectLog();
  const reported: unknown[] = [];
  const reports: Report[] = [];
  const sockets = new Set<Socket>();
  let addGate: CapabilityHost["gate"] | undefined;
  const capability: Capability = {
    name: "test",
    install(host) {
      for (const parser of parsers) host.bodyParser(parser);
      host.gate(GateOrder.EARLY, ({ socket }) => {
        if (!sockets.has(socket)) socket.once("close", () => sockets.delete(socket));
        sockets.add(socket);
      });
      addGate = host.gate.bind(host);
    },
  };
  const common: ServerOptions = {
    port: 0,
    host: "127.0.0.1",
    maxThreads: 1,
    idleGrace: 0,
    drainTimeout: 500,
    logger,
  };
  const server = new Packetron({ ...common, capabilities: [capability], ...options });
  server.on("error", (error) => reported.push(error));
  const handler: Handler = async (request, response) => {
    const result = await report(request);
    reports.push(result);
    response.sendJson(result);
  };
  for (const [path, { early, local, ...given }] of Object.entries(routes)) {
    const route = server.handle({ method: PacketronRequestMethod.POST, routePath: path, handler, ...given });
    if (early !== undefined) addGate?.(GateOrder.GLOBAL_PLUGINS, early, route);
    if (local !== undefined) addGate?.(GateOrder.LOCAL_PLUGINS, local, route);
  }
  await server.start();
  return {
    port: server.port,
    reported,
    reports,
    sockets,
    get warnings() {
      return lines.filter(({ level }) => level === "warn").map(({ fields }) => fields);
    },
    stop: () => server.stop(),
  };
}

/** Calls every body accessor and collects the results. */
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

/** An expected report: the given properties, and those of a request without a body. */
export function gives(expected: Partial<Report>): Report {
  return { body: null, files: {}, raw: null, error: null, rejected: null, ...expected };
}

/** The body, headers and chunk sizes of one POST. */
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

/** Posts on a new connection, and returns the final answer with the report in it, if the handler made one. */
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
