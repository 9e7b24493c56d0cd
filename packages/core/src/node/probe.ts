/**
 * Whether this process can answer directly: each name of `internals.ts` is tried in an exchange in memory, and tools that
 * watch Node's HTTP servers by patching them get to see every request.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import { http, loadHttps } from "./http.ts";
import { type HttpSocket, pendingHeaders } from "./internals.ts";

/**
 * Why requests cannot be answered directly in this process, `null` when they can. Node is asked once.
 *
 * @param isSecure Whether it is about HTTPS.
 */
export function directProblem(isSecure: boolean): string | null {
  return (
    patchProblem(isSecure ? "https" : "http", isSecure ? loadHttps() : http) ??
    (internalsProblem ??= { found: findInternalsProblem() }).found
  );
}

let internalsProblem: { readonly found: string | null } | undefined;

/** What tracing tools replace to see each request. It may happen at any time before the server is made. */
function patchProblem(name: string, module: Pick<typeof http, "createServer" | "Server">): string | null {
  if (Object.hasOwn(module.Server.prototype, "emit")) return `${name}.Server.prototype.emit is patched`;
  // Node's own is a line of JavaScript; a wrapper's text is another one.
  const isOwn = /^function createServer\(.*\breturn new Server\(/s.test(String(module.createServer));
  return isOwn ? null : `${name}.createServer is patched`;
}

/** Node's own server on a socket that is none, with a request that is answered in the call. */
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
      // biome-ignore lint/correctness/noConstructorReturn: what is tried
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
    // Node's server listens for it; a stream in memory would give it in a later turn.
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
