/** The types of the objects that a `DirectConnection` gets: the server's shared parts, and the connection's state. */
import type { Server } from "node:http";
import type { HeadBuilder } from "../message/answer-head.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { Settlement } from "../message/settlement.ts";
import type { IdleSweep } from "./idle.ts";
import type { DirectResponseClass, PlainMethods } from "./response.ts";

/** Takes a request whose head is complete. Returns 0, or 2 when the connection is no longer HTTP. */
export type OnIncoming = (request: PacketronRequest, keepAlive: boolean) => number;

/** The parts that the direct connections of a server share. */
export interface DirectParts {
  readonly server: Pick<Server, "maxRequestsPerSocket">;
  /** Builds the heads of answers whose connections stay open. */
  readonly heads: HeadBuilder;
  /** Builds the heads of answers whose connections close. */
  readonly closingHeads: HeadBuilder;
  readonly responseClass: DirectResponseClass;
  /**
   * The prototype of `responseClass`. If a response has other methods than this object, middleware has wrapped them.
   */
  readonly plain: PlainMethods;
  readonly dispatch: (request: PacketronRequest, response: PacketronResponse) => void;
  readonly idleSweep: IdleSweep;
  /** Gets each exchange that begins or ends here. */
  readonly settlement: Settlement;
}

/** The direct exchanges that are in flight on a connection: several only while requests are deferred. */
export interface DirectExchanges {
  /** The requests that are not answered yet, oldest first. */
  readonly openRequests: readonly PacketronRequest[];
  /** Gives the exchanges to Node. */
  promote(): void;
}

/** The state of a connection in the server's table of connections. */
export interface ConnectionState {
  /** Whether Node is answering no request on the connection, and the connection stays open after the next answer. */
  readonly isFree: boolean;
  /** The counts of the server, which direct exchanges update, too. */
  readonly load: { inFlight: number; requests: number };
  /** Has the direct exchanges that are in flight. `DirectConnection` sets itself: a closure would cost more memory. */
  direct: DirectExchanges | null;
  /** Closes the connection after its last answer. */
  close(): void;
  /** Calls a function in a later turn of the event loop, unless the connection is closed before. */
  defer(handle: () => void): void;
}
