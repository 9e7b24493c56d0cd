/** The gate that refuses requests while there are too many. */
import { type Gate, type PacketronResponse, refuse } from "@packetron/core";
import type { Episode } from "./episode.ts";
import type { LoopWatch } from "./loop-watch.ts";
import type { OverloadSettings } from "./options.ts";

/** What the gate reads and writes. */
export interface ShedParts {
  readonly settings: OverloadSettings;
  readonly watch: LoopWatch;
  /** Live numbers of this process; the request that the gate looks at is in flight already. */
  readonly load: { readonly inFlight: number };
  readonly episode: Episode;
}

/**
 * A request that passes pays for reading two fields and one comparison. A refused one costs its answer; its
 * connection stays open, because a new one would cost more than another refusal.
 */
export function createShedGate({ settings, watch, load, episode }: ShedParts): Gate {
  const { maxRequestsInFlight } = settings;
  const headers = { "Retry-After": String(settings.retryAfter) };
  const observe = () => ({
    eventLoopDelay: watch.isLate ? Math.round(watch.delay) : undefined,
    requestsInFlight: load.inFlight,
  });

  function shed(response: PacketronResponse): true {
    episode.count(observe); // before the answer, which is one request less in flight
    refuse(response, 503, headers);
    return true;
  }

  return function shedGate(_request, response) {
    return watch.isLate || load.inFlight > maxRequestsInFlight ? shed(response) : false;
  };
}
