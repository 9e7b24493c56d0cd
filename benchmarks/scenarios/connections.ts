/** A scenario about the distribution of connections to workers. */
import { HELLO } from "../peers/_data.js";
import type { LoadScenario } from "./scenario.ts";

export const connections: LoadScenario = {
  kind: "load",
  name: "connections",
  title: "One request for each connection, cluster of two",
  about:
    "Two workers; every request asks for Connection: close. The CPU time is that of the primary and both workers, all on one core.",
  application: "cluster",
  requests: [{ method: "GET", path: "/json", headers: { Connection: "close" } }],
  connections: 32,
  pipelining: 1,
  expected: { status: 200, body: JSON.stringify(HELLO), mediaType: "application/json", closes: true },
};
