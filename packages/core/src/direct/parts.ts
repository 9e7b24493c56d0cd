/** What a direct connection is made with: parts that it shares with others, and its state in the server's table. */
import type { Server } from "node:http";
import type { HeadBuilder } from "../message/answer-head.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { IdleSweep } from "./idle.ts";
import type { DirectResponseClass, PlainMethods } from "./response.ts";

/** Takes a request whose head is complete. Returns 0, or 2 when the connection is no longer HTTP. */
export type OnIncoming = (request: PacketronRequest, keepAlive: boolean) => number;

/** The parts that the direct connections of a server share. */
export interface DirectParts {
  readonly server: Pick<Server, "maxRequestsPerSocket">;
  readonly heads: HeadBuilder;
  readonly responseClass: DirectResponseClass;
  /** The prototype of `responseClass`: a response with other methods has been wrapped by middleware. */
  readonly plain: PlainMethods;
  readonly dispatch: (request: PacketronRequest, response: PacketronResponse) => void;
  readonly idleSweep: IdleSweep;
}

/** The state of a connection in the server's table of connections. */
export interface ConnectionState {
  /** Whether no exchange of Node's is in flight, and the connection is to stay open. */
  readonly isFree: boolean;
  /** The counts of the server, which direct exchanges update, too. */
  readonly load: { inFlight: number; requests: number };
  /** Promotes the direct exchange that is in flight, if there is one. Set by the direct connection. */
  promoteExchange: (() => void) | null;
}
