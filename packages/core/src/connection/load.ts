import { turns } from "../node/turns.ts";

/** The load of one server in this process, at the moment of reading. */
export interface ServerLoad {
  /** How many connections are open. */
  readonly connections: number;
  /**
   * How many requests are not answered yet; a handler or gate that reads this counts its own request. Requests count
   * that wait for a later turn of the event loop, too.
   */
  readonly inFlight: number;
  /** How many requests have been answered since the start. */
  readonly requests: number;
  /** How many of the open connections have left HTTP, such as WebSockets. */
  readonly upgraded: number;
  /**
   * How long the oldest request has waited that this process has deferred to a later turn of the event loop, in
   * milliseconds; 0 without such a request.
   */
  readonly wait: number;
}

/** {@link ServerLoad} with writable fields. A class, because V8 makes a literal with a getter a slow dictionary. */
export class Load implements ServerLoad {
  connections = 0;
  inFlight = 0;
  requests = 0;
  upgraded = 0;

  get wait(): number {
    return turns.wait;
  }
}
