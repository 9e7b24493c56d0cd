/**
 * The http(s) server of a process: Node's own, with Packetron's request and response classes, and in front of dispatch
 * the connection's state and the wire guard.
 */
import type { Server as HttpServer, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import type { HttpListener } from "../cluster/process/lifecycle.ts";
import type { ServerSettings } from "../config/options.ts";
import { createDirectDispatch } from "../direct/index.ts";
import { methodIndex } from "../http/methods.ts";
import type { Logger } from "../log/logger.ts";
import { sendError } from "../message/fail.ts";
import { setCommonHeaders } from "../message/head.ts";
import type { PacketronRequest, RequestClass } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { HeadFlag, validateHead } from "../message/validate-head.ts";
import { http, loadHttps } from "../node/http.ts";
import { KEEP_ALIVE } from "../node/raw-connection.ts";
import { answerClientErrors } from "./client-error.ts";
import type { Load } from "./load.ts";
import { ConnectionTable } from "./table.ts";

/** What a server is made of. */
export interface HttpListenerParts {
  readonly settings: ServerSettings;
  readonly log: Logger;
  readonly requestClass: RequestClass;
  readonly responseClass: typeof PacketronResponse;
  /** Counts what it has to do. */
  readonly load?: Load;
  /** Answers a request, now or later; never throws. */
  readonly dispatch: (request: PacketronRequest, response: PacketronResponse) => void;
}

type Options = ServerOptions<RequestClass, typeof PacketronResponse>;
type Server = HttpServer<RequestClass, typeof PacketronResponse>;

/** Makes the server of this process. It serves once it listens, or once connections are handed over to `accept()`. */
export function createHttpListener(parts: HttpListenerParts): HttpListener {
  const { settings } = parts;
  const direct = settings.dispatch === "standard" ? null : createDirectDispatch(parts);
  const options = httpOptions(settings, direct ?? parts);
  const connections = new ConnectionTable(settings, parts.load);
  const server: Server =
    settings.tls === undefined ? http.createServer(options) : createTlsServer(settings.tls, options);
  server.maxHeadersCount = 0; // Node drops what is over its limit, a second Host among it; the 16 KiB of a head are the bound
  server.timeout = 0;
  // `close()` cuts idle connections at once, and with them requests that are on their way: drain() gives them a grace.
  server.closeIdleConnections = () => {};
  const answerDirectly = direct?.attach(server);
  const open = (socket: Socket): void => {
    const connection = connections.open(socket);
    answerDirectly?.(socket, connection);
  };
  if (settings.tls === undefined) {
    server.on("connection", open);
  } else {
    server.on("connection", (socket: Socket) => connections.openHandshake(socket));
    server.on("secureConnection", open);
  }
  answerRequests(server, connections, parts);
  answerClientErrors(server, connections, parts.log);
  let clockStarted = false;

  return {
    server,
    accept(socket) {
      if (socket.destroyed) return; // the client left on the way here
      // Node keeps the time of heads and requests from `listening` on, which never comes to a server that gets its
      // connections handed over.
      if (!clockStarted && !server.listening) server.emit("listening");
      clockStarted = true;
      socket.allowHalfOpen = true; // as on connections that the server accepts itself
      server.emit("connection", socket);
    },
    load: connections.load,
    get connections() {
      return connections.size;
    },
    drain(idleGrace) {
      server.close(); // also stops the clock, so that nothing holds the process
      return connections.drain(idleGrace);
    },
    destroy() {
      server.close();
      connections.destroy();
    },
  };
}

function httpOptions(
  settings: ServerSettings,
  { requestClass, responseClass }: Pick<HttpListenerParts, "requestClass" | "responseClass">,
): Options {
  const { keepAliveTimeout, requestTimeout } = settings;
  // Node refuses a head timeout above that of the whole request; 0 is none.
  const headersTimeout =
    requestTimeout === 0 ? settings.headersTimeout : Math.min(settings.headersTimeout, requestTimeout);
  const shortest = Math.min(
    headersTimeout || Number.POSITIVE_INFINITY,
    requestTimeout || Number.POSITIVE_INFINITY,
  );
  return {
    IncomingMessage: requestClass,
    ServerResponse: responseClass,
    keepAliveTimeout,
    headersTimeout,
    requestTimeout,
    // A timeout is noticed at the next check: 30 s late by default, a tenth of the timeout here.
    connectionsCheckingInterval: Math.min(Math.max(Math.ceil(shortest / 10), 10), 5_000),
    requireHostHeader: false, // the wire guard asks for it, and closes
    insecureHTTPParser: false,
    ...KEEP_ALIVE,
  };
}

/** A handshake may take as long as a head; Node's own limit is two minutes. */
function createTlsServer(tls: TlsOptions, options: Options): Server {
  return loadHttps().createServer({ handshakeTimeout: options.headersTimeout ?? 0, ...tls, ...options });
}

function answerRequests(server: Server, connections: ConnectionTable, { dispatch }: HttpListenerParts): void {
  const admit = (request: PacketronRequest, response: PacketronResponse): boolean => {
    const connection = connections.get(request.socket);
    if (connection === undefined || !connection.admit(request, response)) return false;
    setCommonHeaders(response);
    if (request.response !== null) return false; // it began directly, and is being answered
    const status = validateHead(request);
    if (status >= HeadFlag.REFUSED) connection.refuseRequest(response, status);
    else if (methodIndex(request.method) === -1) sendError(response, 501);
    else return true;
    return false;
  };
  const refuseExpectation = (request: PacketronRequest, response: PacketronResponse): void => {
    if (admit(request, response)) connections.get(request.socket)?.refuseRequest(response, 417);
  };
  server.on("request", (request, response) => {
    if (admit(request, response)) dispatch(request, response);
  });
  // 100 goes out when somebody asks for the body. Node closes after a final answer without it, because the client may
  // or may not send the body then (RFC 9110 section 10.1.1).
  server.on("checkContinue", (request, response) => {
    // Node looks for the word anywhere in the field; other members are expectations that nobody here can meet.
    if (request.headers.expect?.toLowerCase() !== "100-continue") return refuseExpectation(request, response);
    request.expectsContinue = true;
    if (admit(request, response)) dispatch(request, response);
  });
  server.on("checkExpectation", refuseExpectation);
  server.on("connect", ({ socket }) => {
    socket.on("error", () => {}); // Node has let go of the socket
    connections.get(socket)?.refuse(501);
  });
}
