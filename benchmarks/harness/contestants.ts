/** Who takes part: every contestant, the program it runs, and the applications that the program can be. */

/** What runs a contestant's program. */
export type Runtime = "node" | "bun" | "nginx";

/** A contestant, as it is listed here. */
export interface ContestantEntry {
  /** As in `--peer` and in the results. */
  readonly name: string;
  /** As in the tables. */
  readonly title: string;
  readonly runtime: Runtime;
  /** The file of `peers/`. */
  readonly program: string;
  /** Tells contestants of one program apart. */
  readonly variant?: string;
  /** The npm packages whose versions belong to the figures. */
  readonly packages: readonly string[];
  readonly applications: readonly string[];
}

/** Whom all others are compared with. */
export const SUBJECT = "packetron";

/** The same of an earlier state, when `--baseline` gives one. */
export const BASELINE = "packetron-baseline";

const EVERYDAY = ["json", "browser", "routes", "echo"];
const MIDDLEWARE = ["plugins-1", "plugins-3"];
const OWN = [...EVERYDAY, ...MIDDLEWARE, "rate-limit", "static", "upload"];

/** In the order of the tables. */
export const contestants: readonly ContestantEntry[] = [
  node(SUBJECT, "Packetron, direct", "packetron.js", [], OWN, "direct"),
  node("packetron-standard", "Packetron, standard", "packetron.js", [], OWN, "standard"),
  node(BASELINE, "Packetron, baseline", "packetron.js", [], OWN, "baseline"),
  node("packetron-core", "Packetron, core alone", "packetron.js", [], ["json"], "core"),
  node("node-http", "node:http, usual", "node-http.js", [], ["json", "echo"]),
  node("node-http-tuned", "node:http, tuned", "node-http-tuned.js", [], ["json", "echo"]),
  { ...node("bun", "Bun.serve", "bun.js", ["bun"], ["json", "echo"]), runtime: "bun" },
  node("fastify", "fastify", "fastify.js", ["fastify"], ["json", "echo"]),
];

function node(
  name: string,
  title: string,
  program: string,
  packages: readonly string[],
  applications: readonly string[],
  variant?: string,
): ContestantEntry {
  const entry = { name, title, runtime: "node", program, packages, applications } as const;
  return variant === undefined ? entry : { ...entry, variant };
}
