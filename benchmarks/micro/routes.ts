/** The cost of routing a path: in the map of exact paths, in the tree of patterns, and without a match. */
import { PacketronRequestMethod } from "@packetron/core";
import { route } from "@packetron/core/capability";
import type { ParamSink } from "../../packages/core/src/routing/router.ts";
import { Router } from "../../packages/core/src/routing/router.ts";
import { ROUTE_NAMES } from "../peers/_data.js";
import { type Contestant, compare, makeHost } from "./_measure.ts";

const host = makeHost();
const exact = makeRouter((name) => name);
const patterns = makeRouter((name) => `${name}/:id`);
const deep = makeRouter((name) => `api/:version/${name}/:id/parts/:part`);
const sink: ParamSink = { params: {} };

const map = new Map(ROUTE_NAMES.map((name) => [`/${name}`, name]));

await compare("routes", "Route look-up among 200 routes", [
  { name: "a Map, nothing else", run: () => map.get("/resource-100") },
  find("an exact path", exact, "/resource-100"),
  find("a miss, exact paths only", exact, "/nowhere"),
  find("one parameter", patterns, "/resource-100/42"),
  find("three parameters", deep, "/api/v1/resource-100/42/parts/7"),
  find("a miss in the last segment of patterns", deep, "/api/v1/resource-100/42/nowhere"),
]);

function makeRouter(toPath: (name: string) => string): Router {
  const router = new Router();
  for (const name of ROUTE_NAMES) router.add(route(host, { routePath: toPath(name), handler: () => {} }));
  return router;
}

function find(name: string, router: Router, path: string): Contestant {
  return { name, run: () => router.find(PacketronRequestMethod.GET, path, sink) };
}
