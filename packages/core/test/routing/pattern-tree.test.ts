import { describe, expect, test } from "vitest";
import { PatternTree } from "../../src/routing/pattern-tree.ts";
import type { PacketronRoute } from "../../src/routing/route.ts";
import { makeRoute, makeSink } from "../_routes.ts";

/** A tree of the given patterns. */
function makeTree(...paths: readonly string[]): PatternTree {
  const tree = new PatternTree();
  for (const path of paths) addRoute(tree, path);
  return tree;
}

function addRoute(
  tree: PatternTree,
  path: string,
): { route: PacketronRoute; replaced: PacketronRoute | undefined } {
  const route = makeRoute({ routePath: path });
  return { route, replaced: tree.add(route.pattern ?? [], route) };
}

/** The pattern that a path finds, and its parameters. */
function look(tree: PatternTree, path: string): [pattern: string | undefined, params: object] {
  const sink = makeSink();
  const route = tree.find(path, sink);
  return [route?.path, { ...sink.params }];
}

describe("PatternTree", () => {
  describe("finds the route and its parameters", () => {
    test.each<[patterns: readonly string[], path: string, found: string | undefined, params: object]>([
      [[], "/", undefined, {}],
      [[], "/a", undefined, {}],
      [[":id"], "/5", "/:id", { id: "5" }],
      [[":id"], "/", undefined, {}],
      [[":id"], "/5/", undefined, {}],
      [[":id"], "/5/6", undefined, {}],
      [[":id/"], "/5/", "/:id/", { id: "5" }],
      [[":id/"], "/5", undefined, {}],
      [["users/:id"], "/users/5", "/users/:id", { id: "5" }],
      [["users/:id"], "/users/", undefined, {}],
      [["users/:id"], "/users", undefined, {}],
      [["users/:id"], "/Users/5", undefined, {}],
      [["users/:id"], "/users/a b", "/users/:id", { id: "a b" }],
      [["users/:id"], "/users/:id", "/users/:id", { id: ":id" }],
      [["users/:id"], "/users/*", "/users/:id", { id: "*" }],
      [[":a/:b"], "/x/y", "/:a/:b", { a: "x", b: "y" }],
      [["users/:id/files/*"], "/users/5/files/a/b.txt", "/users/:id/files/*", { id: "5", "*": "a/b.txt" }],
      [["users/:id/files/*"], "/users/5/files/a/", "/users/:id/files/*", { id: "5", "*": "a/" }],
      [["users/:id/files/*"], "/users/5/files/", "/users/:id/files/*", { id: "5", "*": "" }],
      [["users/:id/files/*"], "/users/5/files", undefined, {}],
      [["*"], "/", "/*", { "*": "" }],
      [["*"], "/a/b/c", "/*", { "*": "a/b/c" }],
      [["*"], "/__proto__", "/*", { "*": "__proto__" }],
      [["%3Ame/:id"], "/:me/5", "/:me/:id", { id: "5" }],
      [["%3Ame/:id"], "/you/5", undefined, {}],
      [["%2A/:id"], "/*/5", "/*/:id", { id: "5" }],
      [["%2A/:id"], "/a/5", undefined, {}],
    ])("%j with %j", (patterns, path, found, params) => {
      expect(look(makeTree(...patterns), path)).toEqual([found, params]);
    });
  });

  describe("prefers a literal to a parameter, a parameter to the rest, from left to right", () => {
    test.each<[patterns: readonly string[], path: string, found: string | undefined]>([
      [["a/:x", ":x/b"], "/a/b", "/a/:x"],
      [[":x/b", "a/:x"], "/a/b", "/a/:x"],
      [["a/:x", "a/*"], "/a/b", "/a/:x"],
      [["a/*", ":x/b"], "/a/b", "/a/*"],
      [["a/:x/c", "a/:x/:y"], "/a/b/c", "/a/:x/c"],
      [["*", ":x"], "/a", "/:x"],
      [["*", ":x"], "/", "/*"],
      [["*", "a/*"], "/a/", "/a/*"],
      [["*", "a/*"], "/a", "/*"],
      [["a/:x/", "a/*"], "/a/b/", "/a/:x/"],
    ])("%j with %j", (patterns, path, found) => {
      expect(look(makeTree(...patterns), path)[0]).toBe(found);
    });
  });

  describe("backtracks when the preferred branch has no route, and drops its parameters", () => {
    test.each<[patterns: readonly string[], path: string, found: string | undefined, params: object]>([
      [["a/b/:x", ":p/b"], "/a/b", "/:p/b", { p: "a" }],
      [["a/:x/c", ":p/:q/d"], "/a/b/d", "/:p/:q/d", { p: "a", q: "b" }],
      [["a/:x/c/:y", "a/*"], "/a/b/c", "/a/*", { "*": "b/c" }],
      [["a/:x/c/:y", ":p/:q/:r", "*"], "/a/b/c", "/:p/:q/:r", { p: "a", q: "b", r: "c" }],
      [["a/:b/c/:d/e", "*"], "/a/1/c/2/x", "/*", { "*": "a/1/c/2/x" }],
      [["a/:b/c/:d/e"], "/a/1/c/2/x", undefined, {}],
      [[":a/:b/:c/x", ":d/:e/y/*", "z/*"], "/z/2/y/w", "/z/*", { "*": "2/y/w" }],
      [[":a/:b/:c/x", ":d/:e/y/*"], "/z/2/y/w", "/:d/:e/y/*", { d: "z", e: "2", "*": "w" }],
    ])("%j with %j", (patterns, path, found, params) => {
      expect(look(makeTree(...patterns), path)).toEqual([found, params]);
    });
  });

  test("keeps parameters in an object without a prototype, so that any name is just a name", () => {
    const tree = makeTree(":__proto__/:constructor/:toString/*");
    const sink = makeSink();
    tree.find("/a/b/c/d", sink);
    expect(Object.getPrototypeOf(sink.params)).toBeNull();
    expect(Object.entries(sink.params)).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
      ["toString", "c"],
      ["*", "d"],
    ]);
    expect(Object.prototype).not.toHaveProperty("a");
  });

  test("does not change the sink when no route is found", () => {
    const sink = makeSink();
    const { params } = sink;
    makeTree("a/:x/c", "b/:y").find("/a/b/d", sink);
    expect(sink.params).toBe(params);
  });

  test("replaces a route of the same shape with other parameter names, and returns the old one", () => {
    const tree = new PatternTree();
    const first = addRoute(tree, "users/:id");
    const second = addRoute(tree, "users/:name");
    expect(first.replaced).toBeUndefined();
    expect(second.replaced).toBe(first.route);
    expect(look(tree, "/users/5")).toEqual(["/users/:name", { name: "5" }]);
  });

  test("removes a route once, and never the one that replaced it", () => {
    const tree = new PatternTree();
    const { route: first } = addRoute(tree, "users/:id");
    const { route: second } = addRoute(tree, "users/:name");
    tree.remove(first.pattern ?? [], first);
    expect(look(tree, "/users/5")[0]).toBe("/users/:name");
    tree.remove(second.pattern ?? [], second);
    tree.remove(second.pattern ?? [], second);
    expect(look(tree, "/users/5")[0]).toBeUndefined();
    addRoute(tree, "users/:again");
    expect(look(tree, "/users/5")[0]).toBe("/users/:again");
  });

  test("removes the path of a removed route, and keeps nodes that other routes share", () => {
    const tree = makeTree("a/:x/b", "a/:x");
    const { route } = addRoute(tree, "a/:x/b/c/:y/*");
    const before = [...tree.nodes()].length;
    for (let tenant = 0; tenant < 100; tenant++) {
      const { route: passing } = addRoute(tree, `tenants/${tenant}/:id`);
      tree.remove(passing.pattern ?? [], passing);
    }
    expect([...tree.nodes()]).toHaveLength(before);
    tree.remove(route.pattern ?? [], route);
    expect(look(tree, "/a/1/b")[0]).toBe("/a/:x/b");
    expect(look(tree, "/a/1")[0]).toBe("/a/:x");
    expect([...tree.nodes()]).toHaveLength(4); // the root, a, :x and b
  });

  test("lists every route once", () => {
    const paths = ["/*", "/:a", "/:a/b", "/a/:b", "/a/*", "/a/b/:c/"];
    const listed = [...makeTree(...paths).routes()].map((route) => route.path);
    expect(listed.toSorted()).toEqual(paths.toSorted());
  });

  test("finds a path of a hundred thousand segments in spite of many possible backtracks", () => {
    const choices = [...Array(64).keys()].map((mask) =>
      [0, 1, 2, 3, 4, 5].map((depth) => ((mask >> depth) & 1 ? "a" : `:p${depth}`)).join("/"),
    );
    const tree = makeTree(...choices.map((choice) => `${choice}/x`), "a/*");
    expect(look(tree, `/a${"/a".repeat(100_000)}`)[0]).toBe("/a/*");
  });
});
