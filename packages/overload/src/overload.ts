/** The capability `overload()`: reads the option `overload` and refuses requests before any work is done for them. */
import type { Capability, CapabilityHost } from "@packetron/core";
import { figure, GateOrder } from "@packetron/core/capability";
import { Episode } from "./episode.ts";
import { LoopWatch } from "./loop-watch.ts";
import { type OverloadOptions, type OverloadSettings, resolveSettings } from "./options.ts";
import { createShedGate } from "./shed-gate.ts";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * The limits above which a worker refuses requests with 503 and `Retry-After`. Without the option, it accepts all
     * requests.
     */
    overload?: OverloadOptions;
  }
}

/** The parts that start and stop with the server. */
interface Shedding {
  readonly watch: LoopWatch;
  readonly episode: Episode;
}

/**
 * Adds the option `overload`: a worker answers requests above a limit with 503 and `Retry-After`, before plugins, body
 * and handler. The requests in flight are then answered in time, instead of all requests too late. Each worker decides
 * for itself. The probes of `health()` are never refused.
 *
 * Without the option, a request runs no code of this package. The constructor of the server throws PKT_OPTION_INVALID
 * and PKT_OPTION_UNKNOWN.
 *
 * @example
 * const server = new Packetron({ capabilities: [overload()], overload: { maxEventLoopDelay: 200 } });
 */
export function overload(): Capability {
  return {
    name: "@packetron/overload",
    install(host) {
      let shedding: Shedding | null = null;
      host.serverOption("overload", (value) => {
        if (value !== undefined) shedding = shedRequests(host, resolveSettings(value));
      });
      host.lifecycle({
        listening: () => shedding?.watch.start(),
        stopped() {
          shedding?.watch.stop();
          shedding?.episode.end();
        },
      });
    },
  };
}

function shedRequests(host: CapabilityHost, settings: OverloadSettings): Shedding {
  const { load } = host.server;
  const watch = new LoopWatch(settings.maxEventLoopDelay, load);
  const episode = new Episode(host.log);
  const shed = figure(
    host,
    "packetron_shed_requests_total",
    "Requests refused with 503 because of overload.",
  );
  host.gate(GateOrder.EARLY, createShedGate({ settings, watch, load, episode, shed }));
  return { watch, episode };
}
