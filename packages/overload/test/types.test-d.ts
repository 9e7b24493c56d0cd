/**
 * Checks the public types. `tsc` is the test: a wrong type is an error, and so is a `@ts-expect-error` without an error
 * below it. This file never runs.
 */
import { Packetron } from "@packetron/core";
import { type OverloadOptions, overload } from "../src/index.ts";

export function options(): void {
  const capabilities = [overload()];
  const shared: OverloadOptions = { maxEventLoopDelay: 200 };
  new Packetron({ capabilities, overload: { ...shared, maxRequestsInFlight: 1_000, retryAfter: 5 } });
  // @ts-expect-error: overload is an object with a limit
  new Packetron({ overload: true });
  // @ts-expect-error: maxEventLoopDelay is a number
  new Packetron({ overload: { maxEventLoopDelay: "200ms" } });
  // @ts-expect-error: overload is not an option of routes
  new Packetron({ capabilities }).handle({ routePath: "/", handler: () => {}, overload: shared });
  // @ts-expect-error: overload() has no parameters
  overload({ maxEventLoopDelay: 200 });
}
