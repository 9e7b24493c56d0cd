/**
 * The http(s) server of a process: Node's server with Packetron's request and response classes. Before dispatch, the
 * connection admits each request, and its head is validated.
 */
import type { Server as HttpServer, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import type { HttpListener } from "../cluster/process/lifecycle.ts";
import type { ServerSettings } from "../config/options.ts";
import { createDirectDispatch } from "../direct/index.ts";
import { methodIndex } from "../http/methods.ts";
import type { Logger } from "../log/logger.ts";
import { setCommonHeaders } from "../message/answer-head.ts";
import { refuseMalformed } from "../message/refuse-malformed.ts";
import type { PacketronRequest, RequestClass } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { Settlement } from "../message/settlement.ts";
import { HeadFlag, validateHead } from "../message/validate-head.ts";
import { http, loadHttps } from "../node/http.ts";
import { KEEP_ALIVE } from "../node/raw-connection.ts";
import { turns } from "../node/turns.ts";
import { answerClientErrors } from "./client-error.ts";
import type { Load } from "./load.ts";
import { SendTimeouts } from "./send-timeout.ts";
import { ConnectionTable } from "./table.ts";
import { answerUpgrade } from "./upgrade.ts";

/** The parts that a listener is made of. */
export interface HttpListenerParts {
  readonly settings: ServerSettings;
  readonly log: Logger;
  readonly requestClass: RequestClass;
  readonly responseClass: typeof PacketronResponse;
  /** Counts of connections and requests, which the listener updates. By default it makes its own. */
  readonly load?: Load;
  /** Gets each exchange when it begins and ends. */
  readonly settlement: Settlement;
  /** Calls a function once a route of the server takes upgrades; by default never. */
  readonly whenUpgradesUsed?: (call: () => void) => void;
  /** Answers a request, now or later; never throws. */
  readonly dispatch: (request: PacketronRequest, response: PacketronResponse) => void;
}

/** The http(s) server of this process, which also shows its requests. */
export interface RequestListener extends HttpListener {
  /** The requests that are not answered yet. */
  openRequests(): readonly PacketronRequest[];
}

type Options = ServerOptions<RequestClass, typeof PacketronResponse>;
type Server = HttpServer<RequestClass, typeof PacketronResponse>;

/** Makes the http(s) server of this process. It serves once it listens, or once `accept()` gets a connection. */
export function createHttpListener(parts: HttpListenerParts): RequestListener {
  const { settings } = parts;
  const direct = settings.dispatch === "standard" ? null : createDirectDispatch(parts);
  const classes = direct ?? parts;
  const options = httpOptions(settings, classes);
  const connections = new ConnectionTable(settings, parts.load, parts.settlement);
  const sendTimeouts = new SendTimeouts(settings.sendTimeout, connections, parts.log);
  const server: Server =
    settings.tls === undefined ? http.createServer(options) : createTlsServer(settings.tls, options);
  // No limit: Node drops headers beyond the limit, and core must see a second Host to refuse it. The size limit of a
  // head, 16 KiB, holds all the same.
  server.maxHeadersCount = 0;
  server.timeout = 0;
  // Node's close() would cut idle connections at once, even if a request is on its way; drain() waits for requests.
  server.closeIdleConnections = () => {};
  const answerDirectly = direct?.attach(server);
  const open = (socket: Socket): void => {
    const connection = connections.open(socket);
    turns.expectConnections();
    answerDirectly?.(socket, connection);
    sendTimeouts.start();
  };
  if (settings.tls === undefined) {
    server.on("connection", open);
  } else {
    server.on("connection", (socket: Socket) => {
      connections.openHandshake(socket);
      turns.expectConnections();
    });
    server.on("secureConnection", open);
  }
  const admit = answerRequests(server, connections, parts);
  parts.whenUpgradesUsed?.(() => {
    server.on("upgrade", (request, _socket, head) => {
      const connection = connections.get(request.socket);
      if (connection === undefined) return void request.socket.destroy();
      const response = new classes.responseClass(request);
      answerUpgrade({ request, response, connection, head }, () => {
        if (admit(request, response)) parts.dispatch(request, response);
      });
    });
  });
  answerClientErrors(server, connections, parts.log);
  let timeoutsStarted = false;

  return {
    server,
    accept(socket) {
      if (socket.destroyed) return; // the client closed before the hand-over
      // Node starts its check of timeouts at "listening", which a server that never listens does not emit.
      if (!timeoutsStarted && !server.listening) server.emit("listening");
      timeoutsStarted = true;
      socket.allowHalfOpen = true; // as Node does on connections that the server accepts itself
      server.emit("connection", socket);
    },
    load: connections.load,
    openRequests: () => connections.openRequests(),
    get connections() {
      return connections.size;
    },
    drain(idleGrace, spreadMs) {
      server.close(); // also ends Node's check of timeouts
      return connections.drain(idleGrace, spreadMs).then(() => sendTimeouts.stop());
    },
    destroy() {
      server.close();
      sendTimeouts.stop();
      return connections.destroy();
    },
  };
}

function httpOptions(
  settings: ServerSettings,
  { requestClass, responseClass }: Pick<HttpListenerParts, "requestClass" | "responseClass">,
): Options {
  const { keepAliveTimeout, requestTimeout } = settings;
  // Node throws when headersTimeout exceeds requestTimeout. The value 0 turns a timeout off.
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
    // Node notices a timeout at its next check: up to 30 s late by default, up to a tenth of the timeout here.
    connectionsCheckingInterval: Math.min(Math.max(Math.ceil(shortest / 10), 10), 5_000),
    requireHostHeader: false, // validateHead() requires Host, and its refusal closes the connection
    insecureHTTPParser: false,
    ...KEEP_ALIVE,
  };
}

/** Makes a TLS server. A handshake may take as long as the head of a request; Node's own limit is two minutes. */
function createTlsServer(tls: TlsOptions, options: Options): Server {
  return loadHttps().createServer({ handshakeTimeout: options.headersTimeout ?? 0, ...tls, ...options });
}

/** Answers the requests of a server. Returns the function that admits a request, or answers one that is refused. */
function answerRequests(
  server: Server,
  connections: ConnectionTable,
  { dispatch }: HttpListenerParts,
): (request: PacketronRequest, response: PacketronResponse) => boolean {
  const admit = (request: PacketronRequest, response: PacketronResponse): boolean => {
    const connection = connections.get(request.socket);
    if (connection === undefined || !connection.admit(request, response)) return false;
    setCommonHeaders(response);
    if (request.response !== null) return false; // core has dispatched this request before, and then given it to Node
    request.response = response; // for an error handler, when the request is refused here
    const status = validateHead(request);
    if (status >= HeadFlag.REFUSED) connection.refuseRequest(response, status);
    else if (methodIndex(request.method) === -1) refuseMalformed(response, 501);
    else return true;
    return false;
  };
  const refuseExpectation = (request: PacketronRequest, response: PacketronResponse): void => {
    if (admit(request, response)) connections.get(request.socket)?.refuseRequest(response, 417);
  };
  const defer: typeof dispatch = (request, response) =>
    connections.get(request.socket)?.defer(() => dispatch(request, response));
  const answer: typeof dispatch = (request, response) => {
    if (!admit(request, response)) return;
    if (turns.isOver()) defer(request, response);
    else dispatch(request, response);
  };
  server.on("request", answer);
  // The request sends 100 when its body is first read. After a final answer without 100, Node closes the connection,
  // because the client may or may not send the body then (RFC 9110 section 10.1.1).
  server.on("checkContinue", (request, response) => {
    // Node emits "checkContinue" if the field contains `100-continue` anywhere; no handler can meet other expectations.
    if (request.headers.expect?.toLowerCase() !== "100-continue") return refuseExpectation(request, response);
    request.expectsContinue = true;
    answer(request, response);
  });
  server.on("checkExpectation", refuseExpectation);
  server.on("connect", ({ socket }) => {
    socket.on("error", () => {}); // Node has removed its listeners, and an "error" without one would be thrown
    connections.get(socket)?.refuse(501);
  });
  return admit;
}
