import type { RouteDescription } from "@packetron/core/control";
import { describe, expect, test } from "vitest";
import { routeLines } from "../src/route-list.ts";
import { painter } from "../src/terminal.ts";

const address = { address: "127.0.0.1", family: "IPv4", port: 3000 };

function route(changes: Partial<RouteDescription> = {}): RouteDescription {
  return {
    method: "GET",
    path: "/",
    flags: [],
    gates: [],
    bodyLimit: null,
    streamLimit: null,
    options: {},
    ...changes,
  };
}

describe("the list of routes", () => {
  test("has one line for a plain route, sorted by path, and a line with the resolvers", () => {
    const routes = [
      route({ path: "/b" }),
      route({ path: "/a", method: "POST" }),
      route({ path: "/a", method: "DELETE" }),
    ];
    expect(routeLines({ address, routes, resolvers: ["@packetron/static"] }, painter(false))).toEqual([
      "127.0.0.1:3000  3 routes",
      "DELETE  /a",
      "POST    /a",
      "GET     /b",
      "other paths are looked up by @packetron/static",
    ]);
  });

  test("begins with the path of a server that listens on a Unix socket", () => {
    const unix = { address: "/run/app.sock", family: "Unix", port: 0 };
    const [head] = routeLines({ address: unix, routes: [], resolvers: [] }, painter(false));
    expect(head).toBe("/run/app.sock  0 routes");
  });

  test("has lines below a route for its flags, limits, options, and gates with the package that added them", () => {
    const gates = [
      { owner: "@packetron/plugins", kind: "gate", name: "authenticate", order: 100, of: "server" },
      { owner: "@packetron/ratelimit", kind: "gate", name: "gate", order: 200, of: "route" },
      { owner: "example-trace", kind: "around", name: "span", order: 250, of: "server" },
      { owner: "@packetron/core", kind: "gate", name: "bodyHead", order: 300, of: "route" },
    ] as const;
    const described = route({
      flags: ["JSON_BODY", "RAW_BODY"],
      gates,
      bodyLimit: 1024 * 1024,
      streamLimit: 1_000,
      options: { maxRequestsPerSecond: 5, plugins: "2 entries" },
    });
    expect(routeLines({ address: null, routes: [described], resolvers: [] }, painter(false))).toEqual([
      "a server  1 route",
      "GET  /",
      "        flags    JSON_BODY, RAW_BODY",
      "        limits   body 1 MiB, stream 1000 bytes",
      "        options  maxRequestsPerSecond 5, plugins 2 entries",
      "        gates    @packetron/plugins: authenticate (server) → @packetron/ratelimit → " +
        "example-trace: span (around, server) → @packetron/core: bodyHead",
    ]);
  });

  test("shows equal limits once, and no control characters", () => {
    const described = route({ path: "/\u001b[31m", bodyLimit: 2048, streamLimit: 2048 });
    expect(routeLines({ address, routes: [described], resolvers: [] }, painter(false)).slice(1)).toEqual([
      "GET  /\ufffd[31m",
      "        limits  body 2 KiB",
    ]);
  });
});
