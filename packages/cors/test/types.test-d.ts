/**
 * Checks the public types. `tsc` is the test: a wrong type is an error, and so is a `@ts-expect-error` without an error
 * below it. This file never runs.
 */
import { Packetron } from "@packetron/core";
import { type CorsOptions, cors, type OriginFunction } from "../src/index.ts";

export function options(): void {
  const capabilities = [cors()];
  const ask: OriginFunction = async (origin, request) => request.path === origin;
  const shared: CorsOptions = { origin: ["https://app.example", /\.example$/], credentials: true };
  const server = new Packetron({ capabilities, cors: shared });
  new Packetron({ capabilities, cors: true });
  new Packetron({
    capabilities,
    cors: { origin: ask, methods: "GET,PUT", exposedHeaders: ["X-Total"], maxAge: 60 },
  });
  server.handle({ routePath: "/", cors: false, handler: () => {} });
  server.handle({ routePath: "/", cors: null, handler: () => {} });
  server.handle({ routePath: "/", cors: { origin: "*", privateNetwork: true }, handler: () => {} });
  // @ts-expect-error: cors is not a text
  new Packetron({ cors: "*" });
  // @ts-expect-error: origin: true is "*"
  new Packetron({ cors: { origin: true } });
  // @ts-expect-error: maxAge is a number of seconds
  new Packetron({ cors: { maxAge: "1h" } });
  // @ts-expect-error: cors() has no parameters
  cors({ origin: "*" });
}
