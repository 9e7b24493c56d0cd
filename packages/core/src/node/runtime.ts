/** The program that runs this process. Bun and Deno run programs that are written for Node, with differences. */

/** Node.js, or one of the runtimes that imitate it. */
export type Runtime = "node" | "bun" | "deno";

/** Returns the runtime of this process. */
export function currentRuntime(
  versions: Readonly<Record<string, string | undefined>> = process.versions,
): Runtime {
  if (versions["bun"] !== undefined) return "bun";
  return versions["deno"] === undefined ? "node" : "deno";
}
