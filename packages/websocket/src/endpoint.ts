/** One path with WebSockets: the checks of the handshake, and the events of its sockets. */
import type { Socket } from "node:net";
import type { Gate, PacketronRequest, PacketronResponse } from "@packetron/core";
import { type Figure, fail, field, refuse } from "@packetron/core/capability";
import type { WebSocket, WebSocketServer } from "ws";
import { webSocketError } from "./errors.ts";
import type { WebSocketSettings } from "./options.ts";
import { originOf } from "./origin.ts";
import type { RunningCalls } from "./running-calls.ts";
import { PacketronWebSocket } from "./socket.ts";
import type { Sweep, Watched } from "./sweep.ts";
import type { Topics } from "./topics.ts";

/** The parts of an endpoint. */
export interface EndpointParts {
  readonly settings: WebSocketSettings;
  readonly topics: Topics;
  readonly sweep: Sweep;
  readonly calls: RunningCalls;
  /** Counts the open sockets of this process. */
  readonly open: Figure;
}

/** The key of a handshake: 16 bytes in base64. */
const KEY = /^[+/\dA-Za-z]{22}==$/;

/** Makes the gate that checks handshakes. Other requests pass: core answers them with 426. */
export function createHandshakeGate({ allows }: WebSocketSettings): Gate {
  return (request, response) => {
    if (field(request, "upgrade")?.toLowerCase() !== "websocket") return false;
    const key = field(request, "sec-websocket-key") ?? "";
    if (!KEY.test(key)) {
      refuse(
        response,
        webSocketError("PKT_WEBSOCKET_HANDSHAKE", { reason: "a wrong Sec-WebSocket-Key, or none" }),
      );
      return true;
    }
    const version = field(request, "sec-websocket-version") ?? "";
    if (version !== "13") {
      const error = webSocketError("PKT_WEBSOCKET_VERSION", { version: version.slice(0, 20) || "(none)" });
      refuse(response, error, { "Sec-WebSocket-Version": "13", Upgrade: "websocket", Connection: "Upgrade" });
      return true;
    }
    const origin = originOf(request);
    if (origin === undefined) return false;
    const decide = (isAllowed: boolean): boolean => {
      if (!isAllowed)
        refuse(response, webSocketError("PKT_WEBSOCKET_ORIGIN", { origin: origin.slice(0, 200) }));
      return !isAllowed;
    };
    const allowed = allows(origin, request);
    return typeof allowed === "boolean" ? decide(allowed) : allowed.then(decide);
  };
}

/** Opens a socket for each client that was taken. */
export class Endpoint {
  readonly #parts: EndpointParts;
  readonly #server: WebSocketServer;

  constructor(parts: EndpointParts, server: WebSocketServer) {
    this.#parts = parts;
    this.#server = server;
  }

  /** Answers a handshake whose gates have passed. */
  take(request: PacketronRequest, connection: Socket, head: Buffer): void {
    const { response } = request;
    this.#server.handleUpgrade(request, connection, head, (ws) => {
      if (response !== null) this.#open(ws, connection, request, response);
    });
  }

  #open(ws: WebSocket, connection: Socket, request: PacketronRequest, response: PacketronResponse): void {
    const { settings, topics, sweep, open } = this.#parts;
    const { backpressureLimit, idleTimeout } = settings;
    const socket = new PacketronWebSocket({ ws, connection, request, topics, backpressureLimit });
    const run = (call: () => unknown): void =>
      this.#parts.calls.run(call, (error) => {
        fail(error, request, response);
        ws.close(1011); // RFC 6455 section 7.4.1: an unexpected condition
      });
    const watched: Watched = {
      idleTimeout,
      seenAt: performance.now(),
      isAsked: false,
      ping: () => ws.ping(),
      cut: () => ws.terminate(),
      goAway: () => ws.close(1001),
    };
    const see = (): void => {
      watched.seenAt = performance.now();
      watched.isAsked = false;
    };
    open.value++;
    ws.on("ping", see).on("pong", see);
    ws.on("error", () => {}); // a fault of the client, which ws answers with a close code
    ws.on("message", (data: Buffer, isBinary: boolean) => {
      see();
      // Also what a client has sent before it has read that the server goes away.
      if (settings.message !== undefined)
        run(() => settings.message?.(socket, isBinary ? data : data.toString(), isBinary));
    });
    ws.on("close", (code: number, reason: Buffer) => {
      open.value--;
      sweep.delete(watched);
      topics.leave(socket);
      run(() => settings.close?.(socket, code, reason.toString()));
    });
    connection.on("drain", () => {
      if (socket.isOpen) run(() => settings.drain?.(socket));
    });
    run(() => settings.open?.(socket));
    sweep.add(watched);
  }
}
