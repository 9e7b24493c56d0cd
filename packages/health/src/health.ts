/** The capability `health()`: reads the option `health`, and adds a gate that answers probes before all other gates. */
import type { Capability, CapabilityHost, PacketronRequest } from "@packetron/core";
import { GateOrder } from "@packetron/core/capability";
import { Check } from "./check.ts";
import { type HealthOptions, type HealthSettings, resolveSettings } from "./options.ts";
import { createProbeGate } from "./probe-gate.ts";
import { Readiness } from "./readiness.ts";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * Endpoints for probes, on the server's own port: `{}` gives `/livez` and `/readyz`. Without the option, the server
     * has no such endpoints.
     */
    health?: HealthOptions;
  }
}

/**
 * The order of the probe gate: before plugins and load shedding, so that a busy process is not killed for a failed
 * probe.
 */
const BEFORE_ALL = GateOrder.EARLY - 100;

/**
 * Adds the option `health`. The liveness probe answers 200 as long as the process answers requests. The readiness probe
 * answers 200 from the end of the start until the server begins to drain, unless a check fails; else 503. Probes use
 * GET or HEAD; OPTIONS gets 204, other methods get 405.
 *
 * Without the option, a request runs no code of this package. The constructor of the server throws PKT_OPTION_INVALID
 * and PKT_OPTION_UNKNOWN.
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
        // This hook runs before the start is complete. A second start() returns the promise of the start under way.
        listening: () =>
          void host.server.start().then(
            () => readiness?.started(),
            () => undefined,
          ),
        draining(scope) {
          // When a single worker drains, the other workers take its connections: the server as a whole stays ready.
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

/**
 * Makes the function that logs a warning when a route of the program answers a probe, once for each route. Without the
 * warning, an operator could find out only during a rollout that an old route answers the probe.
 */
function warnOnce({ log }: CapabilityHost): (request: PacketronRequest) => void {
  const warned = new Set<string>();
  return function warnShadowed({ route }) {
    const name = String(route);
    if (warned.has(name)) return;
    warned.add(name);
    log.warn(
      { route: name },
      "a route of the program has the path of a probe: the route answers, not the option health",
    );
  };
}
