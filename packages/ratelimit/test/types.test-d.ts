/**
 * What the types promise to users. `tsc` is the test: a wrong type is an error, and so is a mistake below a
 * `@ts-expect-error` that is none any more. Nothing here runs.
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
  // @ts-expect-error: a number
  server.handle({ routePath: "c", maxRequestsPerSecond: "10", ...shared, handler });
  // @ts-expect-error: an option of endpoints, not of the server
  new Packetron({ maxRequestsPerSecond: 10 });
  // @ts-expect-error: nothing to set
  rateLimit({ window: 60_000 });
}
