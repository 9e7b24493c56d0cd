/** The capability `otel()`: reads the option `otel` of the server and of routes. */
import type { Capability } from "@packetron/core";
import { GateOrder, optionError } from "@packetron/core/capability";
import { type OtelOptions, resolveSettings } from "./options.ts";
import { Spans } from "./spans.ts";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * A span of OpenTelemetry for each request. The program registers an SDK; without one, spans go nowhere.
     * @default false
     */
    otel?: boolean | OtelOptions;
  }
  interface EndpointOptions {
    /**
     * `false` gives the requests of this route or of these files no spans. `true` and `null` are the same as no value.
     * @default true
     */
    otel?: boolean | null;
  }
}

/** The order of the around: outside all gates, so that their time and their errors belong to the span. */
const OUTSIDE = GateOrder.EARLY - 1_000;

/**
 * Adds the option `otel`. Each request gets a server span by the HTTP conventions of OpenTelemetry. Its parent is the span
 * that the client sends in `traceparent`, and gates and the handler run in its context.
 *
 * Without the option, a request runs no code of this package. The constructor throws PKT_OPTION_INVALID and
 * PKT_OPTION_UNKNOWN; `handle()` throws PKT_OPTION_INVALID.
 *
 * @example
 * const server = new Packetron({ capabilities: [otel()], otel: { skip: ({ path }) => path === "/livez" } });
 */
export function otel(): Capability {
  return {
    name: "@packetron/otel",
    install(host) {
      let spans: Spans | null = null;
      host.serverOption("otel", (value) => {
        if (value === undefined || value === false) return;
        spans = new Spans(resolveSettings(value));
        host.around(OUTSIDE, spans.around);
        host.settled(spans.settled);
      });
      host.routeOption("otel", (value, route) => {
        if (value === false) spans?.exclude(route);
        else if (value !== true && value !== null) throw optionError("otel", value, "false, or no value");
      });
    },
  };
}
