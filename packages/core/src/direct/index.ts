/** Direct dispatch: how a server's connections come to it, and when they do not. */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Connection } from "../connection/connection.ts";
import type { ServingParts } from "../connection/http-server.ts";
import { isHttpSocket } from "../node/internals.ts";
import { directProblem } from "../node/probe.ts";
import { DirectConnection } from "./connection.ts";
import { Heads } from "./head.ts";
import { IdleSweep } from "./idle.ts";

type DirectServer = Pick<Server, "maxRequestsPerSocket" | "keepAliveTimeoutBuffer">;

/** Takes over a connection that Node's HTTP server has just begun to read from. */
export type TakeOver = (socket: Socket, connection: Connection) => void;

/** Makes the function that lets the requests of a server's connections be answered directly; `null` where that cannot be. */
export function directDispatch(
  server: DirectServer,
  { settings, log, responseClass, dispatch }: ServingParts,
): TakeOver | null {
  if (settings.dispatch === "standard") return null;
  const reason = directProblem(settings.tls !== undefined);
  if (reason !== null) {
    log.warn({ reason }, "requests are dispatched the standard way");
    return null;
  }
  const { keepAliveTimeout } = settings;
  const parts = {
    server,
    responseClass,
    dispatch,
    heads: new Heads(keepAliveTimeout),
    // As Node, which tells the client the one and waits for the sum.
    idleSweep: new IdleSweep(
      keepAliveTimeout === 0 ? 0 : keepAliveTimeout + (server.keepAliveTimeoutBuffer ?? 0),
    ),
  };
  return (socket, connection) => {
    if (!isHttpSocket(socket) || socket.parser === null) return;
    const { parser } = socket;
    const { onIncoming: standard } = parser;
    // A connection for one request, which is Node's to answer, needs none of what direct answers need.
    parser.onIncoming = (request, keepAlive) => {
      if (!keepAlive) return standard(request, keepAlive);
      const direct = new DirectConnection(parts, socket, standard, connection);
      parser.onIncoming = direct.onIncoming;
      return direct.onIncoming(request, keepAlive);
    };
  };
}
