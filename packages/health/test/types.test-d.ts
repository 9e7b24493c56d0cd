/**
 * What the types promise to users. `tsc` is the test: a wrong type is an error, and so is a mistake below a
 * `@ts-expect-error` that is none any more. Nothing here runs.
 */
import { Packetron } from "@packetron/core";
import { type HealthOptions, health } from "../src/index.ts";

export function options(): void {
  const capabilities = [health()];
  new Packetron({ capabilities, health: {} });
  new Packetron({ capabilities, health: { liveness: "/healthz", readiness: false } });
  const shared: HealthOptions = {
    checks: {
      sync: () => true,
      async: async (signal) => (await fetch("http://127.0.0.1", { signal })).ok,
    },
    checkTimeout: 500,
    checkMaxAge: 1_000,
  };
  new Packetron({ capabilities, health: shared });
  // @ts-expect-error: an object, so that its parts can be told apart
  new Packetron({ health: true });
  // @ts-expect-error: a path or false
  new Packetron({ health: { liveness: true } });
  // @ts-expect-error: by name, which the log tells
  new Packetron({ health: { checks: [() => true] } });
  // @ts-expect-error: nothing to set
  health({ liveness: "/livez" });
}
