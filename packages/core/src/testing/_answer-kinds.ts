/** The case of the capability suite that asks for each kind of answer, for the verbs that see or change answers. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request as startRequest } from "node:http";
import { connect } from "node:net";
import type { Capability } from "../capability/contract.ts";
import type { ServerOptions } from "../config/options.ts";
import type { Handler, RouteOptions } from "../routing/route-options.ts";
import { Packetron } from "../server/packetron.ts";
import { ignore, loopbackOptions } from "./_server.ts";
import { within } from "./conformance-case.ts";

const FAILURE = "a handler of the conformance suite failed on purpose";

/** A route for each kind of answer. The routes that begin with "fail" answer 500 unless the capability refuses them. */
const handlers: Readonly<Record<string, Handler>> = {
  json: (_request, response) => response.sendJson({ text: "x".repeat(2_000) }),
  bytes: (_request, response) => response.send(Buffer.alloc(2_000)),
  empty: (_request, response) => response.sendStatusCode(204),
  later: async (_request, response) => {
    await new Promise(setImmediate);
    response.sendTextPlain("later");
  },
  end: (_request, response) => response.end("the end"),
  stream: (_request, response) => {
    response.write("one ");
    setImmediate(() => response.end("two"));
  },
  "fail-now": () => {
    throw new Error(FAILURE);
  },
  "fail-later": async () => {
    await new Promise(setImmediate);
    throw new Error(FAILURE);
  },
};

/** The options of the server and of its routes. */
interface AnswerSetup {
  readonly options: ServerOptions;
  readonly routeOptions: Omit<RouteOptions, "handler" | "method" | "routePath">;
  readonly timeoutMs: number;
}

/** An answer as the client has read it. */
interface ClientAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/**
 * Asks a server with the capability for each kind of answer, by GET and HEAD, and leaves once before the answer. Asserts
 * that each request is answered, that the answers have a correct form, and that the server logs no other failure.
 */
export async function keepsAnswers(
  capability: Capability,
  { options, routeOptions, timeoutMs }: AnswerSetup,
): Promise<void> {
  const failures: string[] = [];
  const note = (fields: object, message: string): void => {
    const error: unknown = Reflect.get(fields, "err");
    if (!(error instanceof Error && error.message === FAILURE))
      failures.push(`${message} (${String(error)})`);
  };
  const logger = { debug: ignore, info: ignore, warn: ignore, error: note };
  const server = new Packetron({ ...options, ...loopbackOptions, logger, capabilities: [capability] });
  for (const [routePath, handler] of Object.entries(handlers))
    server.handle({ ...routeOptions, routePath, handler });
  const waiting = new Promise<AbortSignal>((resolve) => {
    server.handle({ ...routeOptions, routePath: "wait", handler: (request) => resolve(request.signal) });
  });
  try {
    await within(server.start(), timeoutMs, "the server did not start");
    for (const path of [...Object.keys(handlers), "nowhere"]) await asksBoth(server.port, path, timeoutMs);
    await within(leaves(server.port, waiting), timeoutMs, "a client that left was not noticed");
    assert.deepEqual(failures, [], "the server logged failures that are not those of the handlers");
  } finally {
    await within(server.stop(), timeoutMs, "the server did not stop");
  }
  assert.equal(server.load.inFlight, 0, "a request is still in flight after the stop");
}

async function asksBoth(port: number, path: string, timeoutMs: number): Promise<void> {
  const answerTo = (method: string): Promise<ClientAnswer> =>
    within(ask(port, method, path), timeoutMs, `the server did not answer ${method} /${path}`);
  const [get, head] = [await answerTo("GET"), await answerTo("HEAD")];
  const limit = path.startsWith("fail") ? 501 : 500;
  for (const [method, { status }] of [["GET", get] as const, ["HEAD", head] as const])
    assert.ok(status < limit, `${method} /${path} was answered with ${status}`);
  assert.equal(head.body.length, 0, `the answer to HEAD /${path} has a body`);
  if (get.status === 204)
    assert.equal(get.headers["content-length"], undefined, `the 204 of /${path} has a Content-Length`);
  if (head.status !== get.status || head.headers["content-length"] === undefined) return;
  assert.equal(
    head.headers["content-length"],
    get.headers["content-length"],
    `HEAD /${path} has another length than GET`,
  );
}

/** Sends one request on a connection of its own. Rejects when the answer is cut, or its length is not correct. */
function ask(port: number, method: string, path: string): Promise<ClientAnswer> {
  return new Promise((resolve, reject) => {
    const request = startRequest({ host: "127.0.0.1", port, path: `/${path}`, method, agent: false });
    request.once("error", reject).once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject).once("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(chunks) });
      });
    });
    request.end();
  });
}

/** Leaves while the handler waits, or after the answer of a capability that does not call the handler. */
async function leaves(port: number, waiting: Promise<AbortSignal>): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.write("GET /wait HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  const signal = await Promise.race([waiting, once(socket, "data")]);
  socket.destroy();
  if (signal instanceof AbortSignal && !signal.aborted) await once(signal, "abort");
}
