/** The list of contestants, each with its program and the applications that the program implements. */

/** The program that runs a contestant. */
export type Runtime = "node" | "bun" | "nginx";

/** A contestant in the list. */
export interface Contestant {
  /** The name in `--peer` and in the results. */
  readonly name: string;
  /** The title in the tables. */
  readonly title: string;
  /** Other titles by the name of the application, where it uses another feature of the contestant. */
  readonly titles?: Readonly<Record<string, string>>;
  readonly runtime: Runtime;
  /** The file in `peers/`. */
  readonly program: string;
  /** Distinguishes contestants with the same program. */
  readonly variant?: string;
  /** The npm packages whose versions are shown with the figures. */
  readonly packages: readonly string[];
  readonly applications: readonly string[];
  /** The scenarios in which it takes part without `--all` and `--peer`; by default all that its applications allow. */
  readonly usual?: readonly string[];
  /** The name of the contestant of which this is an earlier state, which takes part with `--baseline`. */
  readonly baselineOf?: string;
  /** The reason why the contestant never takes part, for a note in the results. */
  readonly absence?: string;
}

/** The contestant that all others are compared with. */
export const SUBJECT = "packetron";

const MIDDLEWARE = ["plugins-1", "plugins-3"];
const ROUTER = ["json", "browser", "routes", "echo", ...MIDDLEWARE];
/** The applications of the frameworks with plugins for everything. */
const EVERYTHING = [...ROUTER, "async", "validate", "compress", "rate-limit", "static", "upload"];

const NO_UWS =
  "µWebSockets.js is published on GitHub, not on npm; the build for Node 24 that a third party has put there needs glibc 2.38";

/** All contestants, in the order of the tables. */
export const contestants: readonly Contestant[] = [
  ...withBaseline({
    ...node(
      SUBJECT,
      "Packetron",
      "packetron.js",
      [],
      [...EVERYTHING, "cluster", "burst", "events", "websocket"],
      "direct",
    ),
    titles: { cluster: "Packetron, least-connections", burst: "Packetron, one process" },
  }),
  ...withBaseline({
    ...node("packetron-standard", "Packetron, standard", "packetron.js", [], EVERYTHING, "standard"),
    usual: ["get-json", "post-150"],
  }),
  ...distribution("least-connections", ["burst"]), // in "cluster" it is the subject
  ...distribution("round-robin", ["cluster", "burst"], []),
  ...distribution("sticky-ip", ["cluster", "burst"], []),
  ...distribution("reuse-port", ["cluster", "burst"]),
  unusual(node("packetron-core", "Packetron, core alone", "packetron.js", [], ["json"], "core")),
  node(
    "node-http",
    "node:http",
    "node-http.js",
    [],
    ["json", "browser", "echo", "async", ...MIDDLEWARE, "rate-limit", "upload", "burst", "events"],
  ),
  unusual(node("node-http-tuned", "node:http, tuned by hand", "node-http-tuned.js", [], ["json", "echo"])),
  node("fastify", "Fastify", "fastify.js", ["fastify"], [...EVERYTHING, "burst", "events"]),
  node("express", "Express", "express.js", ["express"], EVERYTHING),
  unusual(node("koa", "koa", "koa.js", ["koa", "@koa/router"], ROUTER)),
  node("hono", "Hono", "hono.js", ["hono", "@hono/node-server"], [...ROUTER, "async", "validate", "events"]),
  unusual(node("polka", "polka", "polka.js", ["polka"], ROUTER)),
  unusual(node("h3", "h3", "h3.js", ["h3"], ROUTER)),
  unusual(node("restana", "restana", "restana.js", ["restana"], ROUTER)),
  node("node-cluster", "node:cluster", "node-cluster.js", [], ["cluster", "burst"]),
  unusual(
    node("node-shared", "node:cluster, SCHED_NONE", "node-cluster.js", [], ["cluster"], "shared-handle"),
  ),
  unusual(
    node("node-reuse-port", "node:cluster, reusePort", "node-cluster.js", [], ["cluster"], "reuse-port"),
  ),
  node("ws", "ws on node:http", "ws.js", ["ws"], ["websocket"]),
  {
    ...node(
      "bun",
      "Bun.serve",
      "bun.js",
      ["bun"],
      ["json", "browser", "routes", "echo", "async", "validate", "compress", "burst", "websocket"],
    ),
    runtime: "bun",
  },
  unusual({ ...node("uws", "µWebSockets.js", "", [], ["json", "routes", "echo"]), absence: NO_UWS }),
  unusual(node("sirv", "sirv on node:http", "sirv.js", ["sirv"], ["static"])),
  { ...node("nginx", "nginx", "nginx", [], ["static"]), runtime: "nginx" },
  unusual({
    ...node("nginx-cached", "nginx, open_file_cache", "nginx", [], ["static"], "cached"),
    runtime: "nginx",
  }),
];

/** The contestant takes part with `--all` and `--peer` only. */
function unusual(contestant: Contestant): Contestant {
  return { ...contestant, usual: [] };
}

/** Packetron with two workers. */
function distribution(
  name: string,
  applications: readonly string[],
  usual?: readonly string[],
): readonly Contestant[] {
  const contestant = node(`${SUBJECT}-${name}`, `Packetron, ${name}`, "packetron.js", [], applications, name);
  return withBaseline(usual === undefined ? contestant : { ...contestant, usual });
}

/** The contestant, and the same in the state of `--baseline`. */
function withBaseline(contestant: Contestant): readonly Contestant[] {
  const { name, title, titles = {} } = contestant;
  const earlier = (text: string): string => `${text}, baseline`;
  const entries = Object.entries(titles).map(([application, text]) => [application, earlier(text)]);
  const baseline = { name: `${name}-baseline`, title: earlier(title), titles: Object.fromEntries(entries) };
  return [contestant, { ...contestant, ...baseline, baselineOf: name }];
}

function node(
  name: string,
  title: string,
  program: string,
  packages: readonly string[],
  applications: readonly string[],
  variant?: string,
): Contestant {
  const entry = { name, title, runtime: "node", program, packages, applications } as const;
  return variant === undefined ? entry : { ...entry, variant };
}
