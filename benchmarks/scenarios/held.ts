/** Scenarios with connections that are all open before the load begins. */
import { getJson } from "./get-json.ts";
import type { HeldScenario, PacedScenario } from "./scenario.ts";

const { requests, expected } = getJson;

export const asynchronous: HeldScenario = {
  kind: "held",
  name: "async",
  title: "GET, handler that waits 10 ms, 1,000 connections",
  about:
    "The handler waits 10 ms by a timer before it answers. All connections are open before the load begins, and each sends its next request as soon as it has its answer.",
  application: "async",
  requests,
  expected,
  connections: 1_000,
};

export const paced64: PacedScenario = paced("paced-64", "64 connections", 64);
export const paced1k: PacedScenario = paced("paced-1k", "1,000 connections", 1_000);

function paced(name: string, words: string, connections: number): PacedScenario {
  return {
    kind: "paced",
    name,
    title: `GET, small JSON, at 70 % of capacity, ${words}`,
    about:
      "In each turn the capacity of the server is measured, then requests are sent at 70 % of it, at equal intervals, whether or not earlier ones have their answers. Latencies count from the time at which a request is due. The last column is by how much the load generator itself was late.",
    application: "paced",
    requests,
    expected,
    connections,
    share: 0.7,
  };
}
