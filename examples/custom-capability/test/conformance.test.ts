import { capabilityConformance } from "@packetron/core/testing";
import { describe, test } from "vitest";
import { apiKey } from "../api-key.ts";

describe("the capability does what every capability does", () => {
  for (const { name, run } of capabilityConformance(() => apiKey(), { options: { apiKeys: ["secret"] } }))
    test(name, run);
});
