/**
 * Checks the public types. `tsc` is the test: a wrong type is an error, and so is a `@ts-expect-error` without an error
 * below it. This file never runs.
 */
import { type EndpointOptions, type Handler, Packetron } from "@packetron/core";
import { rateLimit } from "../src/index.ts";

declare const handler: Handler;

export function options(): void {
  const server = new Packetron({ capabilities: [rateLimit()] });
  server.handle({
    routePath: "a/:id",
    maxRequestsPerSecond: 10,
    handler: (request) => request.params.id.length,
  });
  server.handle({ routePath: "b", maxRequestsPerSecond: null, handler });
  const shared: EndpointOptions = { maxRequestsPerSecond: 0 };
  // @ts-expect-error: maxRequestsPerSecond is a number
  server.handle({ routePath: "c", maxRequestsPerSecond: "10", ...shared, handler });
  // @ts-expect-error: maxRequestsPerSecond is an option of endpoints, not of the server
  new Packetron({ maxRequestsPerSecond: 10 });
  // @ts-expect-error: rateLimit() has no parameters
  rateLimit({ window: 60_000 });
}
