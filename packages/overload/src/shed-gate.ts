/** The gate that refuses requests while the worker is overloaded. */
import type { Gate, PacketronResponse } from "@packetron/core";
import { prepareRefusal } from "@packetron/core/capability";
import type { Episode } from "./episode.ts";
import { overloadError } from "./errors.ts";
import type { LoopWatch } from "./loop-watch.ts";
import type { OverloadSettings } from "./options.ts";

/** The settings and measurements by which the gate decides, and the {@link Episode} that counts refused requests. */
export interface ShedParts {
  readonly settings: OverloadSettings;
  readonly watch: LoopWatch;
  /** Live figures of this process. They include the request that the gate decides about. */
  readonly load: { readonly inFlight: number };
  readonly episode: Episode;
  /** How many requests the gate has refused so far. */
  readonly shed: { value: number };
}

/**
 * Makes the gate. For a request that passes, the gate reads two fields and makes one comparison. The connection of a
 * refused request stays open, because a new connection would cost more than another refusal.
 */
export function createShedGate({ settings, watch, load, episode, shed }: ShedParts): Gate {
  const { maxRequestsInFlight } = settings;
  const refuseRequest = prepareRefusal({
    status: 503,
    headers: { "Retry-After": String(settings.retryAfter) },
    error: () => overloadError("PKT_OVERLOAD_SHED"),
  });
  const observe = () => ({
    eventLoopDelay: watch.isLate ? Math.round(watch.delay) : undefined,
    requestsInFlight: load.inFlight,
  });

  function refuseAndCount(response: PacketronResponse): true {
    shed.value++;
    episode.count(observe); // before the answer, which reduces the number of requests in flight
    refuseRequest(response);
    return true;
  }

  return function shedGate(_request, response) {
    return watch.isLate || load.inFlight > maxRequestsInFlight ? refuseAndCount(response) : false;
  };
}
