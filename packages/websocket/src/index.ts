/**
 * The public names of @packetron/websocket.
 *
 * @module
 */
export { type WebSocketErrorCode, webSocketErrorCodes } from "./errors.ts";
export type { WebSocketData } from "./frame.ts";
export type { WebSocketProtocolFunction, WebSocketOptions } from "./options.ts";
export type { WebSocketOriginFunction, WebSocketOrigin } from "./origin.ts";
export type { PacketronWebSocket } from "./socket.ts";
export { webSocket } from "./web-socket.ts";
