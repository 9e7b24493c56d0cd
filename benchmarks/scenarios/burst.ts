/** Scenarios with many new clients at once, beside clients that keep the server busy. */
import { getJson } from "./get-json.ts";
import type { BurstScenario } from "./scenario.ts";

export const burst1k: BurstScenario = burst("burst-1k", "1,000 new clients at once", 1_000);
export const burst3k: BurstScenario = {
  ...burst("burst-3k", "3,000 new clients at once", 3_000),
  isExtra: true,
};

function burst(name: string, title: string, newcomers: number): BurstScenario {
  const { requests, expected } = getJson;
  return {
    kind: "burst",
    name,
    title,
    about:
      "64 clients keep the server busy, then the new ones connect. The handler works for 20 µs, so that every server is slower than the load. A client sends its next request as soon as it has its answer. Late is a new client whose first answer comes after more than 2 s, or not within 6 s. For the p99, a client without an answer counts with 6 s. Clusters have two workers on the same core.",
    application: "burst",
    requests,
    expected,
    busy: 64,
    newcomers,
    duration: 6,
    patience: 2,
  };
}
