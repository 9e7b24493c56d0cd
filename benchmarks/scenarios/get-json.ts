/** A scenario for the minimum cost of a request: the handler does almost nothing. */
import { HELLO } from "../peers/_data.js";
import type { LoadScenario } from "./scenario.ts";

export const getJson: LoadScenario = {
  kind: "load",
  name: "get-json",
  title: "GET, small JSON",
  about: "One route, one object of 27 bytes as JSON, keep-alive connections.",
  application: "json",
  requests: [{ method: "GET", path: "/json" }],
  connections: 64,
  pipelining: 1,
  expected: { status: 200, body: JSON.stringify(HELLO), mediaType: "application/json" },
};
