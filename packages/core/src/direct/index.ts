/** Direct dispatch: which servers and connections have it, and what is needed of their classes. */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { ServerSettings } from "../config/options.ts";
import type { Logger } from "../log/logger.ts";
import { HeadBuilder } from "../message/head.ts";
import type { PacketronRequest, RequestClass } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { isHttpSocket } from "../node/internals.ts";
import { directProblem } from "../node/probe.ts";
import { DirectConnection } from "./connection.ts";
import { IdleSweep } from "./idle.ts";
import type { ConnectionState } from "./parts.ts";
import { createDirectRequest } from "./request.ts";
import { createAdoptingResponse, createDirectResponse, type ResponseClass } from "./response.ts";

/** What a server is made of, as far as direct dispatch goes. */
export interface ServerParts {
  readonly settings: ServerSettings;
  readonly log: Logger;
  readonly requestClass: RequestClass;
  readonly responseClass: ResponseClass;
  readonly dispatch: (request: PacketronRequest, response: PacketronResponse) => void;
}

/** Takes over a connection that Node's HTTP server has just begun to read from. */
export type TakeOver = (socket: Socket, connection: ConnectionState) => void;

/** Direct dispatch of one server. */
export interface DirectDispatch {
  /** The classes that Node's server makes its messages of. */
  readonly requestClass: RequestClass;
  readonly responseClass: ResponseClass;
  /** Makes the function that each new connection is given to. */
  attach(server: Pick<Server, "maxRequestsPerSocket" | "keepAliveTimeoutBuffer">): TakeOver;
}

/** Makes direct dispatch for a server; `null`, with a line in the log, where this process cannot have it. */
export function createDirectDispatch(parts: ServerParts): DirectDispatch | null {
  const { settings, log, dispatch } = parts;
  const reason = directProblem(settings.tls !== undefined);
  if (reason !== null) {
    log.warn({ reason }, "requests are dispatched the standard way");
    return null;
  }
  const responseClass = createDirectResponse(parts.responseClass);
  return {
    requestClass: createDirectRequest(parts.requestClass),
    responseClass: createAdoptingResponse(responseClass),
    attach(server) {
      const { keepAliveTimeout } = settings;
      const shared = {
        server,
        responseClass,
        plain: responseClass.prototype,
        dispatch,
        heads: new HeadBuilder(keepAliveTimeout),
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
        parser.onIncoming = (request: PacketronRequest, keepAlive) => {
          if (!keepAlive) return standard(request, keepAlive);
          const direct = new DirectConnection(shared, socket, standard, connection);
          parser.onIncoming = direct.onIncoming;
          return direct.onIncoming(request, keepAlive);
        };
      };
    },
  };
}
