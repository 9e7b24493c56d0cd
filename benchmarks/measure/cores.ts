/** Which core serves and which one makes the load: a server that shares its core with its load is measured with it. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A command line: the program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** Where things run. `null` is anywhere: one core only, or a system without `taskset`. */
export interface Cores {
  readonly server: number | null;
  readonly load: number | null;
}

/** The first core that this process may use is for the server, the last one for the load. */
export function chooseCores(): Cores {
  const allowed = readAllowedCores();
  const [first, last] = [allowed[0], allowed.at(-1)];
  if (allowed.length < 2 || first === undefined || last === undefined || !hasTaskset())
    return { server: null, load: null };
  return { server: first, load: last };
}

/** The command that runs `command` on one core. `taskset` becomes the program by exec: the process id stays. */
export function pinned(command: Command, core: number | null): Command {
  return core === null ? command : ["taskset", "--cpu-list", String(core), ...command];
}

/** Binds this process, all its threads, and what it starts from now on to a core. */
export function bindProcess(core: number | null): void {
  if (core === null) return;
  const options = ["--all-tasks", "--cpu-list", "--pid", String(core), String(process.pid)];
  spawnSync("taskset", options, { stdio: "ignore" });
}

/** Parses a list of the kernel, `"0-2,5"`, into its numbers. */
export function parseCoreList(text: string): number[] {
  return [...text.matchAll(/(\d+)(?:-(\d+))?/g)].flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );
}

function readAllowedCores(): number[] {
  try {
    const status = readFileSync("/proc/self/status", "latin1");
    return parseCoreList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "");
  } catch {
    return []; // not Linux
  }
}

function hasTaskset(): boolean {
  return spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0;
}
