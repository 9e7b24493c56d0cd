/** One open WebSocket, as the program sees it. */
import type { Socket } from "node:net";
import type { PacketronRequest } from "@packetron/core";
import { showValue } from "@packetron/core/capability";
import type { WebSocket } from "ws";
import { webSocketError } from "./errors.ts";
import { encodeFrame, type WebSocketData } from "./frame.ts";
import type { Topics } from "./topics.ts";

/** The parts of a socket. */
export interface SocketParts {
  readonly ws: WebSocket;
  readonly connection: Socket;
  readonly request: PacketronRequest;
  readonly topics: Topics;
  readonly backpressureLimit: number;
}

/** The `readyState` of an open socket of ws. */
const OPEN = 1;

/** The codes below 3000 that a server may send: RFC 6455 section 7.4.1, and the registry of IANA. */
const SENT_CODES: readonly number[] = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014];

/**
 * An open WebSocket. Its methods do nothing once it is closed.
 *
 * @typeParam Data What the program keeps at the socket.
 */
export class PacketronWebSocket<Data = unknown> {
  /** Yours: what the program keeps at this socket. Set it in `open()`. */
  declare data: Data;
  /** The request of the handshake, with its params, query, cookies and address. */
  readonly request: PacketronRequest;
  readonly #ws: WebSocket;
  readonly #connection: Socket;
  readonly #topics: Topics;
  readonly #backpressureLimit: number;
  /** Whether messages go through ws, which compresses them. */
  readonly #isCompressed: boolean;

  /** @internal */
  constructor({ ws, connection, request, topics, backpressureLimit }: SocketParts) {
    this.request = request;
    this.#ws = ws;
    this.#connection = connection;
    this.#topics = topics;
    this.#backpressureLimit = backpressureLimit;
    this.#isCompressed = ws.extensions !== "";
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.#ws.readyState === OPEN;
  }

  /** The subprotocol; an empty text without one. */
  get protocol(): string {
    return this.#ws.protocol;
  }

  /** How many bytes wait until the client reads. */
  get bufferedAmount(): number {
    return this.#isCompressed ? this.#ws.bufferedAmount : this.#connection.writableLength;
  }

  /**
   * Sends a message: a string as text, bytes as binary.
   *
   * @returns Whether the client keeps up. While it does not, messages wait in memory, and `drain()` is called when it has
   *   read them; beyond `backpressureLimit` the connection is cut.
   * @throws PKT_WEBSOCKET_DATA (a TypeError) for any other value.
   * @example
   * socket.send(JSON.stringify({ price: 7 }));
   */
  send(data: WebSocketData): boolean {
    return this.isOpen ? this.deliver(data, encodeFrame(data)) : false;
  }

  /**
   * Closes the socket, after what was sent.
   *
   * @param code 1000 by default. Codes of applications are 4000 to 4999; 1003 says that a server does not accept this kind of
   * data, such as binary messages, and 1008 that a message breaks a rule (RFC 6455 section 7.4).
   * @param reason At most 123 bytes of UTF-8.
   * @throws PKT_WEBSOCKET_CLOSE (a RangeError) for another code, or a longer reason.
   * @example
   * socket.close(4001, "signed out");
   */
  close(code = 1000, reason = ""): void {
    if (!SENT_CODES.includes(code) && !(Number.isInteger(code) && code >= 3000 && code <= 4999))
      throw webSocketError("PKT_WEBSOCKET_CLOSE", { reason: `the code ${showValue(code)}` });
    if (Buffer.byteLength(reason) > 123)
      throw webSocketError("PKT_WEBSOCKET_CLOSE", {
        reason: `a reason of ${Buffer.byteLength(reason)} bytes`,
      });
    this.#ws.close(code, reason);
  }

  /**
   * Subscribes to a topic: from then on the socket gets what is published to it, in any process.
   *
   * @throws PKT_WEBSOCKET_TOPIC (a TypeError)
   */
  subscribe(topic: string): void {
    if (this.isOpen) this.#topics.subscribe(topic, this);
  }

  /** Ends a subscription. Closing the socket ends all of them. */
  unsubscribe(topic: string): void {
    this.#topics.unsubscribe(topic, this);
  }

  /**
   * Sends a message to every socket that has subscribed to a topic, in any process, but not to this one.
   *
   * @throws PKT_WEBSOCKET_DATA, PKT_WEBSOCKET_TOPIC (TypeErrors); PKT_CLUSTER_MESSAGE for more than 1 MiB.
   */
  publish(topic: string, data: WebSocketData): void {
    this.#topics.publish(topic, data, this);
  }

  /** Writes a message whose frame has been made. @internal */
  deliver(data: WebSocketData, frame: Buffer): boolean {
    const connection = this.#connection;
    let keepsUp = true;
    // ws keeps no state between messages without compression, so that a whole frame can be written beside it.
    if (this.#isCompressed) this.#ws.send(data, { binary: typeof data !== "string" });
    else keepsUp = connection.write(frame);
    if (this.bufferedAmount > this.#backpressureLimit) {
      this.#ws.terminate();
      return false;
    }
    return keepsUp && !connection.writableNeedDrain;
  }
}
