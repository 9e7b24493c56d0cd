import { capabilityConformance } from "@packetron/core/testing";
import { describe, test } from "vitest";
import { responseCache } from "../response-cache.ts";

describe("the response cache does what every capability does", () => {
  for (const { name, run } of capabilityConformance(responseCache)) test(name, run);
});

describe("so it does on routes that it caches", () => {
  const suite = capabilityConformance(responseCache, { routeOptions: { cacheFor: 60 } });
  for (const { name, run } of suite) test(name, run);
});
