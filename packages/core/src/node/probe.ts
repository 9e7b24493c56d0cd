/**
 * Finds out whether this process can answer requests directly, without the queues of `node:http`. Tries the private
 * names of Node for which the table in `internals.ts` names this file, in a request and answer in memory. Also looks
 * for tools that patch Node's HTTP server to watch requests: such a tool must see every request.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import { http, loadHttps } from "./http.ts";
import { type HttpSocket, pendingHeaders } from "./internals.ts";

/**
 * Returns the reason why this process cannot answer requests directly, without the queues of `node:http`; `null` if it
 * can. Only the first call tries Node's internals.
 *
 * @param isSecure Whether the server speaks HTTPS.
 */
export function directProblem(isSecure: boolean): string | null {
  return (
    patchProblem(isSecure ? "https" : "http", isSecure ? loadHttps() : http) ??
    (internalsProblem ??= { found: findInternalsProblem() }).found
  );
}

let internalsProblem: { readonly found: string | null } | undefined;

/**
 * Looks for functions that a tracing tool has replaced to see each request. A tool may do so until the server is
 * created.
 */
function patchProblem(name: string, module: Pick<typeof http, "createServer" | "Server">): string | null {
  if (Object.hasOwn(module.Server.prototype, "emit")) return `${name}.Server.prototype.emit is patched`;
  // Node's own function contains this line of JavaScript; the source text of a wrapper differs.
  const isOwn = /^function createServer\(.*\breturn new Server\(/s.test(String(module.createServer));
  return isOwn ? null : `${name}.createServer is patched`;
}

/** Runs a request through a server of Node, synchronously; a stream in memory takes the place of the socket. */
function findInternalsProblem(): string | null {
  const wrong: string[] = [];
  let isAnswered = false;
  const expect = (name: string, isRight: boolean): void => {
    if (!isRight) wrong.push(name);
  };
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const made: object[] = [];
  const ServerResponse = class extends http.ServerResponse {
    constructor(...parameters: ConstructorParameters<typeof http.ServerResponse>) {
      super(...parameters);
      const other = new http.ServerResponse(...parameters);
      made.push(other);
      // biome-ignore lint/correctness/noConstructorReturn: the probe tries whether Node uses the returned object
      return other;
    }
  };
  const server = http.createServer({ ServerResponse }, (request, response) => {
    expect("the class of responses", made[0] === response);
    expect("socket.parser.incoming", parserOf(socket)?.incoming === request);
    expect("request._dump", typeof Reflect.get(request, "_dump") === "function");
    expect("socket._httpMessage", Reflect.get(socket, "_httpMessage") === response);
    tryResponse(response, expect);
    isAnswered = true;
  });
  try {
    server.emit("connection", socket);
    expect("socket.parser.onIncoming", typeof parserOf(socket)?.onIncoming === "function");
    // Emitted here, because a stream would emit data that is pushed to it in a later turn of the event loop.
    socket.emit("data", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    expect("how it reads requests", isAnswered);
  } catch (error) {
    wrong.push(String(error));
  }
  socket.destroy();
  return wrong.length === 0 ? null : `this Node differs in ${wrong.join(", ")}`;
}

function tryResponse(
  response: ServerResponse<IncomingMessage>,
  expect: (name: string, isRight: boolean) => void,
): void {
  const field = (name: string): unknown => Reflect.get(response, name);
  expect("response._header", field("_header") === null);
  expect("response._headerSent", field("_headerSent") === false);
  expect("response._closed", field("_closed") === false);
  response.setHeader("X-Probe", "1");
  expect("response[kOutHeaders]", String(pendingHeaders(response)?.["x-probe"]) === "X-Probe,1");
  response.removeHeader("Connection");
  expect("response._removedConnection", field("_removedConnection") === true);
  response.end("answer");
  expect("response._header", String(field("_header")).startsWith("HTTP/1.1 200 OK\r\nX-Probe: 1\r\n"));
  expect("response._headerSent", field("_headerSent") === true);
  expect("response.finished", field("finished") === true);
}

function parserOf(socket: Duplex): HttpSocket["parser"] | undefined {
  return Reflect.get(socket, "parser");
}
