/**
 * The patterns of one method as a tree of segments. At each segment a literal wins over `:name`, which wins over `*`;
 * when a branch turns out to lead nowhere the next best one is tried. A path visits a node at most once, so the work
 * is bounded by the size of the tree, whatever the client sends.
 */
import type { PacketronRoute } from "./route.ts";
import type { ParamSink } from "./router.ts";

interface TreeNode {
  readonly literals: Map<string, TreeNode>;
  param: TreeNode | null;
  /** The route that ends here. */
  route: PacketronRoute | null;
  /** The route that takes whatever follows, even nothing after the slash. */
  rest: PacketronRoute | null;
}

/** Routes with `:name` and `*` segments. */
export class PatternTree {
  readonly #root: TreeNode = createNode();
  #size = 0;

  /** Adds a route; returns the one that had the same shape, whatever its parameters were called. */
  add(pattern: readonly string[], route: PacketronRoute): PacketronRoute | undefined {
    const [node, slot] = this.#slot(pattern);
    const replaced = node[slot] ?? undefined;
    if (replaced === undefined) this.#size++;
    node[slot] = route;
    return replaced;
  }

  /** Takes a route away, unless another one has replaced it. */
  remove(pattern: readonly string[], route: PacketronRoute): void {
    const [node, slot] = this.#slot(pattern);
    if (node[slot] !== route) return;
    node[slot] = null;
    this.#size--;
  }

  /** The best route for a canonical path; its parameters go to the sink. */
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
  *routes(node: TreeNode = this.#root): IterableIterator<PacketronRoute> {
    if (node.route !== null) yield node.route;
    if (node.rest !== null) yield node.rest;
    for (const child of node.literals.values()) yield* this.routes(child);
    if (node.param !== null) yield* this.routes(node.param);
  }

  #slot(pattern: readonly string[]): [TreeNode, "route" | "rest"] {
    let node = this.#root;
    for (const segment of pattern) {
      if (segment === "*") return [node, "rest"];
      node = segment.startsWith(":") ? paramChild(node) : literalChild(node, segment);
    }
    return [node, "route"];
  }
}

function createNode(): TreeNode {
  return { literals: new Map(), param: null, route: null, rest: null };
}

function paramChild(node: TreeNode): TreeNode {
  const child = node.param ?? createNode();
  node.param = child;
  return child;
}

function literalChild(node: TreeNode, segment: string): TreeNode {
  const child = node.literals.get(segment) ?? createNode();
  node.literals.set(segment, child);
  return child;
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

/** Null prototype: a parameter may be called `constructor`. */
function toParams(route: PacketronRoute, values: readonly string[]): Readonly<Record<string, string>> {
  const params: Record<string, string> = Object.create(null);
  let index = 0;
  for (const segment of route.pattern ?? []) {
    if (segment === "*") params["*"] = values[index++] ?? "";
    else if (segment.startsWith(":")) params[segment.slice(1)] = values[index++] ?? "";
  }
  return params;
}
