/**
 * What the types promise to users. `tsc` is the test: a wrong type is an error, and so is a mistake below a
 * `@ts-expect-error` that is none any more. Nothing here runs.
 */
import { Packetron } from "@packetron/core";
import { type OverloadOptions, overload } from "../src/index.ts";

export function options(): void {
  const capabilities = [overload()];
  const shared: OverloadOptions = { maxEventLoopDelay: 200 };
  new Packetron({ capabilities, overload: { ...shared, maxRequestsInFlight: 1_000, retryAfter: 5 } });
  // @ts-expect-error: an object with a limit
  new Packetron({ overload: true });
  // @ts-expect-error: a number
  new Packetron({ overload: { maxEventLoopDelay: "200ms" } });
  // @ts-expect-error: not an option of routes
  new Packetron({ capabilities }).handle({ routePath: "/", handler: () => {}, overload: shared });
  // @ts-expect-error: nothing to set
  overload({ maxEventLoopDelay: 200 });
}
