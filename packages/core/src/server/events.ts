/** The events of a server. */
import type { EventEmitter } from "node:events";
import type { AddressInfo } from "node:net";
import type { DrainScope } from "../capability/contract.ts";
import { limiterOf } from "../log/limiter.ts";
import type { Logger } from "../log/logger.ts";

/** Events of a server: name, then arguments. */
export interface PacketronEvents {
  /** This process accepts connections. */
  listening: [address: AddressInfo];
  /** A drain begins: of the whole server, which still accepts for `preDrainDelay`, or only of this worker. */
  draining: [scope: DrainScope];
  /** Everything is closed. */
  stopped: [];
  /** An unexpected error: a handler or gate that threw, a start that failed, a crash loop. */
  error: [error: unknown];
}

/**
 * Emits `error` if it has listeners; without one, Node would throw the error. Logs an error that a listener throws,
 * which would otherwise end the process.
 */
export function emitError(
  server: EventEmitter<PacketronEvents> & { readonly log: Logger },
  error: unknown,
): void {
  try {
    if (server.listenerCount("error") > 0) server.emit("error", error);
  } catch (second) {
    limiterOf(server)("error-listener", (leftOut) =>
      server.log.error({ err: second, leftOut }, "an error listener failed"),
    );
  }
}
