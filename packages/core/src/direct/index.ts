/**
 * Direct dispatch: core answers requests in one write, without Node's response code. This file decides which servers
 * and connections use it, and makes the classes of their requests and responses.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { ServerSettings } from "../config/options.ts";
import type { Logger } from "../log/logger.ts";
import { HeadBuilder } from "../message/answer-head.ts";
import type { PacketronRequest, RequestClass } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { Settlement } from "../message/settlement.ts";
import { isHttpSocket } from "../node/internals.ts";
import { directProblem } from "../node/probe.ts";
import { DirectConnection } from "./connection.ts";
import { IdleSweep } from "./idle.ts";
import type { ConnectionState } from "./parts.ts";
import { createDirectRequest } from "./request.ts";
import { createAdoptingResponse, createDirectResponse, type ResponseClass } from "./response.ts";

/** The parts of a server that direct dispatch needs. */
export interface ServerParts {
  readonly settings: ServerSettings;
  readonly log: Logger;
  readonly requestClass: RequestClass;
  readonly responseClass: ResponseClass;
  readonly dispatch: (request: PacketronRequest, response: PacketronResponse) => void;
  readonly settlement: Settlement;
}

/** Makes the exchanges of a connection direct. Called when Node's HTTP server has begun to read from the connection. */
export type TakeOver = (socket: Socket, connection: ConnectionState) => void;

/** Direct dispatch of one server. */
export interface DirectDispatch {
  /** The class of which Node's server makes requests. */
  readonly requestClass: RequestClass;
  /** The class of which Node's server makes responses. */
  readonly responseClass: ResponseClass;
  /** Attaches direct dispatch to a server. Returns the function to call with each new connection. */
  attach(server: Pick<Server, "maxRequestsPerSocket" | "keepAliveTimeoutBuffer">): TakeOver;
}

/** Makes direct dispatch for a server. Returns `null`, and logs the reason, where this process cannot have it. */
export function createDirectDispatch(parts: ServerParts): DirectDispatch | null {
  const { settings, log, dispatch, settlement } = parts;
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
        settlement,
        heads: new HeadBuilder(keepAliveTimeout),
        closingHeads: new HeadBuilder(null),
        // As in Node, the header Keep-Alive tells the client keepAliveTimeout, and the server waits for the sum.
        idleSweep: new IdleSweep(
          keepAliveTimeout === 0 ? 0 : keepAliveTimeout + (server.keepAliveTimeoutBuffer ?? 0),
        ),
      };
      return (socket, connection) => {
        if (!isHttpSocket(socket) || socket.parser === null) return;
        const { parser } = socket;
        const { onIncoming: standard } = parser;
        // The DirectConnection is made at the first request: connections that a browser opens in advance need none.
        parser.onIncoming = (request: PacketronRequest, keepAlive) => {
          const direct = new DirectConnection(shared, socket, standard, connection);
          parser.onIncoming = direct.onIncoming;
          return direct.onIncoming(request, keepAlive);
        };
      };
    },
  };
}
