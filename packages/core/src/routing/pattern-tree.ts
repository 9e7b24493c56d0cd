/**
 * The route patterns of one method as a tree of path segments. At each segment a literal wins over `:name`, which wins
 * over `*`. When a branch does not match the rest of the path, the next branch is tried. A look-up visits each node at
 * most once, so the size of the tree limits the work for any path that a client sends.
 */
import type { PatternSegment } from "../http/path.ts";
import type { PacketronRoute } from "./route.ts";
import type { ParamSink } from "./router.ts";

interface TreeNode {
  readonly literals: Map<string, TreeNode>;
  param: TreeNode | null;
  /** The route that ends here. */
  route: PacketronRoute | null;
  /**
   * The route of a pattern that ends here with `*`. It matches any rest of the path, even an empty one after the slash.
   */
  rest: PacketronRoute | null;
}

/** Routes with `:name` and `*` segments. */
export class PatternTree {
  readonly #root: TreeNode = createNode();
  #size = 0;

  /**
   * Adds a route. Returns the route that it replaces: `/a/:x` replaces `/a/:y`, because parameter names make no difference.
   */
  add(pattern: readonly PatternSegment[], route: PacketronRoute): PacketronRoute | undefined {
    let node = this.#root;
    let slot: "route" | "rest" = "route";
    for (const segment of pattern) {
      if (segment.kind === "rest") slot = "rest";
      else node = childOf(node, segment) ?? addChild(node, segment);
    }
    const replaced = node[slot] ?? undefined;
    if (replaced === undefined) this.#size++;
    node[slot] = route;
    return replaced;
  }

  /** Removes a route, unless another one has replaced it. */
  remove(pattern: readonly PatternSegment[], route: PacketronRoute): void {
    if (removeRoute(this.#root, pattern, 0, route)) this.#size--;
  }

  /** Finds the best route for a canonical path, and sets the values of `:name` and `*` as `sink.params`. */
  find(path: string, sink: ParamSink): PacketronRoute | undefined {
    if (this.#size === 0) return undefined;
    const segments = path.slice(1).split("/");
    const values: string[] = [];
    const route = findRoute(this.#root, segments, 0, values);
    if (route === null) return undefined;
    sink.params = toParams(route, values);
    return route;
  }

  /** Every route of the tree. */
  *routes(): IterableIterator<PacketronRoute> {
    for (const { route, rest } of this.nodes()) {
      if (route !== null) yield route;
      if (rest !== null) yield rest;
    }
  }

  /** Every node of the tree, the root first. */
  *nodes(node: TreeNode = this.#root): IterableIterator<TreeNode> {
    yield node;
    for (const child of node.literals.values()) yield* this.nodes(child);
    if (node.param !== null) yield* this.nodes(node.param);
  }
}

function createNode(): TreeNode {
  return { literals: new Map(), param: null, route: null, rest: null };
}

function childOf(node: TreeNode, { kind, text }: PatternSegment): TreeNode | undefined {
  return kind === "param" ? (node.param ?? undefined) : node.literals.get(text);
}

function addChild(node: TreeNode, { kind, text }: PatternSegment): TreeNode {
  const child = createNode();
  if (kind === "param") node.param = child;
  else node.literals.set(text, child);
  return child;
}

/**
 * Removes a route, and the nodes that lead to no other route. Otherwise the memory of a program that adds
 * and removes routes, as its tenants come and go, would grow.
 */
function removeRoute(
  node: TreeNode,
  pattern: readonly PatternSegment[],
  depth: number,
  route: PacketronRoute,
): boolean {
  const segment = pattern[depth];
  if (segment === undefined || segment.kind === "rest") {
    const slot = segment === undefined ? "route" : "rest";
    if (node[slot] !== route) return false;
    node[slot] = null;
    return true;
  }
  const child = childOf(node, segment);
  if (child === undefined || !removeRoute(child, pattern, depth + 1, route)) return false;
  if (isBare(child)) {
    if (segment.kind === "param") node.param = null;
    else node.literals.delete(segment.text);
  }
  return true;
}

function isBare({ literals, param, route, rest }: TreeNode): boolean {
  return literals.size === 0 && param === null && route === null && rest === null;
}

function findRoute(
  node: TreeNode,
  segments: readonly string[],
  depth: number,
  values: string[],
): PacketronRoute | null {
  const segment = segments[depth];
  if (segment === undefined) return node.route;
  // 1. the literal segment
  const literal = node.literals.get(segment);
  const viaLiteral = literal === undefined ? null : findRoute(literal, segments, depth + 1, values);
  if (viaLiteral !== null) return viaLiteral;
  // 2. a parameter, which is never empty
  if (node.param !== null && segment !== "") {
    values.push(segment);
    const viaParam = findRoute(node.param, segments, depth + 1, values);
    if (viaParam !== null) return viaParam;
    values.pop();
  }
  // 3. the rest
  if (node.rest !== null) values.push(segments.slice(depth).join("/"));
  return node.rest;
}

/** The parameters of a path. The object has no prototype, because a parameter may be called `constructor`. */
function toParams(route: PacketronRoute, values: readonly string[]): Readonly<Record<string, string>> {
  const params: Record<string, string> = Object.create(null);
  let index = 0;
  for (const { kind, text } of route.pattern ?? []) {
    if (kind !== "literal") params[text] = values[index++] ?? "";
  }
  return params;
}
