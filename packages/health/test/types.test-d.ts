/**
 * Checks the public types. `tsc` is the test: a wrong type is an error, and so is a `@ts-expect-error` without an error
 * below it. This file never runs.
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
  // @ts-expect-error: health is an object
  new Packetron({ health: true });
  // @ts-expect-error: liveness is a path or false
  new Packetron({ health: { liveness: true } });
  // @ts-expect-error: checks are an object, because the log shows their names
  new Packetron({ health: { checks: [() => true] } });
  // @ts-expect-error: health() has no parameters
  health({ liveness: "/livez" });
}
