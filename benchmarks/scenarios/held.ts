/** Scenarios with connections that are all open before the load begins. */
import { getJson } from "./get-json.ts";
import type { HeldScenario } from "./scenario.ts";

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

export const json1k: HeldScenario = {
  kind: "held",
  name: "json-1k",
  title: "GET, small JSON, 1,000 connections",
  about:
    "All connections are open before the load begins, and each sends its next request as soon as it has its answer.",
  application: "json",
  isExtra: true,
  requests,
  expected,
  connections: 1_000,
};
