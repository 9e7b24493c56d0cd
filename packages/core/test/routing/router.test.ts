import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PacketronRequestMethod, type RequestMethod } from "../../src/http/methods.ts";
import type { PatternSegment } from "../../src/http/path.ts";
import type { PacketronRoute } from "../../src/routing/route.ts";
import { Router } from "../../src/routing/router.ts";
import { makeRoute, makeSink } from "../_routes.ts";

const { GET, POST, HEAD } = PacketronRequestMethod;

/** Adds a route of its own handler to the router. */
function addRoute(router: Router, routePath: string, method: RequestMethod = GET): PacketronRoute {
  const route = makeRoute({ routePath, method }, (removed) => router.remove(removed));
  router.add(route);
  return route;
}

function find(router: Router, path: string, method: number = GET): PacketronRoute | undefined {
  return router.find(method, path, makeSink());
}

describe("Router", () => {
  test("finds an exact route before any pattern, in either order of registration", () => {
    for (const order of [
      ["a/b", "a/:x", "*"],
      ["*", "a/:x", "a/b"],
    ]) {
      const router = new Router();
      for (const path of order) addRoute(router, path);
      expect(find(router, "/a/b")?.path).toBe("/a/b");
      expect(find(router, "/a/c")?.path).toBe("/a/:x");
      expect(find(router, "/b")?.path).toBe("/*");
    }
  });

  test("separates the methods", () => {
    const router = new Router();
    const get = addRoute(router, "a");
    const post = addRoute(router, "a", POST);
    const put = addRoute(router, ":x", PacketronRequestMethod.PUT);
    expect(find(router, "/a", GET)).toBe(get);
    expect(find(router, "/a", POST)).toBe(post);
    expect(find(router, "/a", PacketronRequestMethod.PUT)).toBe(put);
    expect(find(router, "/a", PacketronRequestMethod.DELETE)).toBeUndefined();
  });

  test.each([-1, 7, 99, Number.NaN])("finds nothing for the method index %s", (method) => {
    const router = new Router();
    addRoute(router, "*");
    expect(find(router, "/a", method)).toBeUndefined();
  });

  test("answers HEAD with the GET route, exact or pattern, unless HEAD has its own", () => {
    const router = new Router();
    const exact = addRoute(router, "a");
    const pattern = addRoute(router, "b/:x");
    expect(find(router, "/a", HEAD)).toBe(exact);
    const sink = makeSink();
    expect(router.find(HEAD, "/b/5", sink)).toBe(pattern);
    expect({ ...sink.params }).toEqual({ x: "5" });
    const own = addRoute(router, "a", HEAD);
    expect(find(router, "/a", HEAD)).toBe(own);
    expect(find(router, "/a", GET)).toBe(exact);
    own.remove();
    expect(find(router, "/a", HEAD)).toBe(exact);
  });

  test("does not answer GET with a HEAD route", () => {
    const router = new Router();
    addRoute(router, "a", HEAD);
    expect(find(router, "/a", GET)).toBeUndefined();
  });

  test("treats the empty path and the slash as one route, and a trailing slash as another", () => {
    const router = new Router();
    addRoute(router, "");
    const slash = addRoute(router, "/");
    addRoute(router, "a");
    expect(find(router, "/")).toBe(slash);
    expect(find(router, "/a/")).toBeUndefined();
  });

  test("compares letter case", () => {
    const router = new Router();
    addRoute(router, "Api");
    expect(find(router, "/api")).toBeUndefined();
    expect(find(router, "/Api")?.path).toBe("/Api");
  });

  test.each(["/__proto__", "/constructor", "/toString", "/hasOwnProperty"])(
    "has no route %s unless it was registered",
    (path) => {
      const router = new Router();
      addRoute(router, "a");
      expect(find(router, path)).toBeUndefined();
      const route = addRoute(router, path);
      expect(find(router, path)).toBe(route);
    },
  );

  test.each(["a", "a/:x", "*"])(
    "returns the route %j that a later one replaces, and ignores its removal from then on",
    (path) => {
      const router = new Router();
      const first = makeRoute({ routePath: path }, (route) => router.remove(route));
      const second = makeRoute({ routePath: path }, (route) => router.remove(route));
      const target = path.replace(/:x|\*/, "5");
      expect(router.add(first)).toBeUndefined();
      expect(router.add(second)).toBe(first);
      first.remove();
      expect(find(router, `/${target}`)).toBe(second);
      second.remove();
      second.remove();
      expect(find(router, `/${target}`)).toBeUndefined();
      router.add(first);
      expect(find(router, `/${target}`)).toBe(first);
    },
  );

  test("lists every route, exact ones first", () => {
    const router = new Router();
    for (const path of [":x", "b", "*", "a"]) addRoute(router, path);
    addRoute(router, "a", POST);
    const listed = [...router.routes()].map(String);
    expect(listed.slice(0, 3)).toEqual(["GET /b", "GET /a", "POST /a"]);
    expect(listed.slice(3).toSorted()).toEqual(["GET /*", "GET /:x"]);
  });

  describe("compared with a plain search through all routes", () => {
    const segment = fc.constantFrom("a", "b", ":x", ":y");
    const ending = fc.constantFrom("a", "b", "", ":z", "*");
    const routePath = fc
      .tuple(fc.array(segment, { maxLength: 3 }), ending)
      .map(([start, end]) => [...start, end].join("/"));
    const method = fc.constantFrom<RequestMethod>(GET, POST, HEAD);
    const change: fc.Arbitrary<Change> = fc.record({
      add: fc.boolean(),
      which: fc.nat(20),
      method,
      routePath: routePath.filter(hasDistinctNames),
    });
    const requestPath = fc
      .array(fc.constantFrom("a", "b", "c"), { maxLength: 5 })
      .chain((segments) =>
        fc.boolean().map((slash) => `/${segments.join("/")}${slash && segments.length > 0 ? "/" : ""}`),
      );

    test("finds the same route and parameters after any additions and removals", () => {
      fc.assert(
        fc.property(
          fc.array(change, { maxLength: 20 }),
          fc.array(fc.tuple(method, requestPath), { maxLength: 12 }),
          (changes, looks) => {
            const router = new Router();
            const routes = applyChanges(router, changes);
            expect(new Set(router.routes())).toEqual(new Set(routes));
            for (const [index, path] of looks) {
              const sink = makeSink();
              const found = router.find(index, path, sink);
              const expected = search(routes, index, path);
              expect(found, `${index} ${path}`).toBe(expected?.route);
              expect({ ...sink.params }).toEqual(expected?.params ?? {});
            }
          },
        ),
        { numRuns: 400 },
      );
    });
  });
});

/** Adds a new route, or removes an earlier one, which may already be removed or replaced. */
interface Change {
  readonly add: boolean;
  readonly which: number;
  readonly method: RequestMethod;
  readonly routePath: string;
}

/** Changes the router, and returns the routes that it should have then. */
function applyChanges(router: Router, changes: readonly Change[]): PacketronRoute[] {
  const routes = new Map<string, PacketronRoute>();
  const added: PacketronRoute[] = [];
  for (const { add, which, ...options } of changes) {
    const old = add ? undefined : added[which % added.length];
    const route = old ?? makeRoute(options);
    const shape = shapeOf(route);
    if (old === undefined) {
      added.push(route);
      expect(router.add(route)).toBe(routes.get(shape));
      routes.set(shape, route);
    } else {
      router.remove(route);
      if (routes.get(shape) === route) routes.delete(shape);
    }
  }
  return [...routes.values()];
}

function hasDistinctNames(path: string): boolean {
  const names = path.split("/").filter((segment) => segment.startsWith(":"));
  return new Set(names).size === names.length;
}

/** The identity of a route: its method, and its path without the names of parameters. */
function shapeOf(route: PacketronRoute): string {
  const path =
    route.pattern === null
      ? route.path
      : route.pattern.map(({ kind, text }) => (kind === "param" ? ":" : text)).join("/");
  return `${route.method} ${route.pattern === null ? "exact" : "pattern"} ${path}`;
}

interface Found {
  readonly route: PacketronRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** A naive router, which searches through all routes. */
function search(routes: readonly PacketronRoute[], method: number, path: string): Found | undefined {
  const own = routes.filter((route) => route.method === method);
  const exact = own.find((route) => route.pattern === null && route.path === path);
  if (exact !== undefined) return { route: exact, params: {} };
  const matches = own.flatMap((route) => {
    const params = route.pattern === null ? null : match(route.pattern, path.slice(1).split("/"));
    return params === null ? [] : [{ route, params }];
  });
  const [best] = matches.toSorted((one, other) => (rank(one.route) < rank(other.route) ? -1 : 1));
  return best ?? (method === HEAD ? search(routes, GET, path) : undefined);
}

function match(
  pattern: readonly PatternSegment[],
  segments: readonly string[],
): Record<string, string> | null {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index];
    if (segment === undefined) return null;
    if (part.kind === "rest") return { ...params, "*": segments.slice(index).join("/") };
    if (part.kind === "param" ? segment === "" : segment !== part.text) return null;
    if (part.kind === "param") params[part.text] = segment;
  }
  return pattern.length === segments.length ? params : null;
}

/** Orders the patterns that fit a path: literal before parameter before rest, from left to right. */
function rank(route: PacketronRoute): string {
  return (route.pattern ?? []).map(({ kind }) => ["literal", "param", "rest"].indexOf(kind)).join("");
}
