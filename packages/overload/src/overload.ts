/** The capability: reads the option `overload` and refuses requests before anything is done for them. */
import { type Capability, type CapabilityHost, GateOrder } from "@packetron/core";
import { Episode } from "./episode.ts";
import { LoopWatch } from "./loop-watch.ts";
import { type OverloadOptions, type OverloadSettings, resolveSettings } from "./options.ts";
import { createShedGate } from "./shed-gate.ts";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * From when on a worker refuses requests with 503 and `Retry-After`, because it has too many. Without the option it
     * takes all of them.
     */
    overload?: OverloadOptions;
  }
}

/** What has a beginning and an end in the life of a server. */
interface Shedding {
  readonly watch: LoopWatch;
  readonly episode: Episode;
}

/**
 * Adds the option `overload`: requests above a limit are answered with 503 and `Retry-After`, before plugins, body and
 * handler; what is in flight is finished in time instead of everything being answered too late. Each worker decides for
 * itself. The probes of `health()` are never refused.
 *
 * A server without the option has nothing of it on the way of a request. The constructor throws PKT_OPTION_INVALID and
 * PKT_OPTION_UNKNOWN.
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
  const watch = new LoopWatch(settings.maxEventLoopDelay);
  const episode = new Episode(host.log);
  host.gate(GateOrder.EARLY, createShedGate({ settings, watch, load: host.server.load, episode }));
  return { watch, episode };
}
