/** Made-up results for the tests of reports. */
import type { Round } from "../../measure/metrics.ts";
import type { ScenarioResult } from "../../report/result.ts";

/** A result of `get-json` with the CPU times of each contestant, round by round. */
export function makeResult(cpu: Readonly<Record<string, readonly (number | null)[]>>): ScenarioResult {
  const toRound = (value: number | null): Round => ({
    cpu: value,
    throughput: 1000,
    pacedP99: 3,
    p50: 1,
    p99: 2,
  });
  return {
    scenario: "get-json",
    title: "GET, small JSON",
    about: "About it.",
    kind: "load",
    environment: {
      date: "2026-11-23T18:00:00.000Z",
      commit: "abcdef0",
      node: "24.0.0",
      cpu: "A CPU",
      cores: 2,
      system: "linux",
      load: "wrk 4",
      placement: "server on core 0, load on core 1",
      cpuTime: true,
      rounds: 2,
      duration: 1,
      quick: false,
    },
    contestants: Object.entries(cpu).map(([name, values]) => ({
      name,
      title: `Title of ${name}`,
      versions: `${name} 1.0`,
      headBytes: 171,
      rounds: values.map(toRound),
    })),
    skipped: [{ name: "bun", reason: "not installed: bun" }],
  };
}
