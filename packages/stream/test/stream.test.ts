import { capabilityConformance } from "@packetron/core/testing";
import { describe, test } from "vitest";
import { stream } from "../src/index.ts";

describe("stream() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(stream)) test(name, run);
});
