/** A scenario for the router: a path parameter in a program with 200 routes. */
import { ROUTE_NAMES } from "../peers/_data.js";
import type { LoadScenario, ScenarioRequest } from "./scenario.ts";

export const params: LoadScenario = {
  kind: "load",
  name: "params",
  title: "GET, path parameter among 200 routes",
  about: "200 routes of the form /name/:id; the requests visit all of them in turn, with another id each.",
  application: "routes",
  requests: ROUTE_NAMES.map((name, index) => ({ method: "GET", path: `/${name}/${7919 * (index + 1)}` })),
  connections: 64,
  pipelining: 1,
  expected: { status: 200, body: answerTo, mediaType: "application/json" },
};

function answerTo({ path }: ScenarioRequest): string {
  const [, name, id] = path.split("/");
  return JSON.stringify({ name, id });
}
