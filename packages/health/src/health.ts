/** The capability: reads the option `health` and stands in front of all other gates. */
import { type Capability, type CapabilityHost, GateOrder, type PacketronRequest } from "@packetron/core";
import { Check } from "./check.ts";
import { type HealthOptions, type HealthSettings, resolveSettings } from "./options.ts";
import { createProbeGate } from "./probe-gate.ts";
import { Readiness } from "./readiness.ts";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * End points for probes, on the server's own port: `{}` gives `/livez` and `/readyz`. Without the option there are
     * none.
     */
    health?: HealthOptions;
  }
}

/** Before plugins, and before load shedding: a process that is busy must not be killed for it. */
const BEFORE_ALL = GateOrder.EARLY - 100;

/**
 * Adds the option `health`: liveness answers 200 as long as the process answers at all, readiness 200 from the moment the
 * server has started until it begins to drain, unless a check fails; else 503. GET and HEAD; any other method gets 405.
 *
 * A server without the option has nothing of it on the way of a request. The constructor throws PKT_OPTION_INVALID and
 * PKT_OPTION_UNKNOWN.
 *
 * @example
 * const server = new Packetron({
 *   capabilities: [health()],
 *   health: { checks: { database: (signal) => pool.query({ text: "SELECT 1", signal }) } },
 * });
 */
export function health(): Capability {
  return {
    name: "@packetron/health",
    install(host) {
      let readiness: Readiness | null = null;
      host.serverOption("health", (value) => {
        if (value !== undefined) readiness = serveProbes(host, resolveSettings(value));
      });
      host.lifecycle({
        // Everything else that the start waits for comes after this hook; start() gives the promise of that very start.
        listening: () =>
          void host.server.start().then(
            () => readiness?.started(),
            () => undefined,
          ),
        draining(scope) {
          // A single worker that leaves hands its connections to others; the server as a whole stays ready.
          if (scope === "server") readiness?.draining();
        },
      });
    },
  };
}

function serveProbes(host: CapabilityHost, settings: HealthSettings): Readiness {
  const { checkTimeout: timeout, checkMaxAge: maxAge } = settings;
  const checks = [...settings.checks].map(
    ([name, run]) => new Check({ name, run, timeout, maxAge, log: host.log }),
  );
  const readiness = new Readiness(checks);
  const gate = createProbeGate({
    liveness: settings.liveness,
    readiness: settings.readiness,
    isReady: () => readiness.ask(),
    shadowed: warnOnce(host),
  });
  if (settings.liveness !== null || settings.readiness !== null) host.gate(BEFORE_ALL, gate);
  return readiness;
}

/** Nobody may find out in the middle of a rollout that an old route answers the probe. */
function warnOnce({ log }: CapabilityHost): (request: PacketronRequest) => void {
  const told = new Set<string>();
  return function warnShadowed({ route }) {
    const name = String(route);
    if (told.has(name)) return;
    told.add(name);
    log.warn({ route: name }, "a route of the program answers this probe: option health gives way to it");
  };
}
