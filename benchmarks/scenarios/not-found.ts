/** A scenario with a path that has no route. */
import type { LoadScenario } from "./scenario.ts";

export const notFound: LoadScenario = {
  kind: "load",
  name: "not-found",
  isExtra: true,
  title: "404",
  about: "A path without a route. Every contestant answers with an empty body.",
  application: "json",
  requests: [{ method: "GET", path: "/wp-login.php" }],
  connections: 64,
  pipelining: 1,
  expected: { status: 404, body: "" },
};
