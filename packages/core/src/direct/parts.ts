/** What a direct connection is given: the parts that it shares with the others of its server, and its state there. */
import type { Server } from "node:http";
import type { HeadBuilder } from "../message/head.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { IdleSweep } from "./idle.ts";
import type { DirectResponseClass, PlainMethods } from "./response.ts";

/** Takes a request whose head is complete; gives 0, or 2 when the connection is no longer HTTP. */
export type OnIncoming = (request: PacketronRequest, keepAlive: boolean) => number;

/** What the direct connections of a server share. */
export interface DirectParts {
  readonly server: Pick<Server, "maxRequestsPerSocket">;
  readonly heads: HeadBuilder;
  readonly responseClass: DirectResponseClass;
  /** Methods of that class. */
  readonly plain: PlainMethods;
  readonly dispatch: (request: PacketronRequest, response: PacketronResponse) => void;
  readonly idleSweep: IdleSweep;
}

/** What the server knows about a connection. */
export interface ConnectionState {
  /** Whether nothing is under way on it that Node answers, and it is to stay open. */
  readonly isFree: boolean;
  /** Counts of the server. */
  readonly load: { inFlight: number; requests: number };
  /** Makes the exchange that is answered directly Node's, if there is one. */
  promoteExchange: (() => void) | null;
}
