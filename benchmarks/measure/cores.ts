/** Assigns separate cores to the server and the load, because load on the server's core would change its figures. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A command line: the program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** The cores of the server and the load. `null` means any core: the machine has one core, or no `taskset`. */
export interface Cores {
  readonly server: number | null;
  readonly load: number | null;
}

/** Chooses the first core that this process may use for the server, and the last one for the load. */
export function chooseCores(): Cores {
  const allowed = readAllowedCores();
  const [first, last] = [allowed[0], allowed.at(-1)];
  if (allowed.length < 2 || first === undefined || last === undefined || !hasTaskset())
    return { server: null, load: null };
  return { server: first, load: last };
}

/** The command that runs `command` on one core. `taskset` runs the program by exec, so the process id is the program's. */
export function pinned(command: Command, core: number | null): Command {
  return core === null ? command : ["taskset", "--cpu-list", String(core), ...command];
}

/** Binds this process, all its threads, and its future child processes to a core. */
export function bindProcess(core: number | null): void {
  if (core === null) return;
  const options = ["--all-tasks", "--cpu-list", "--pid", String(core), String(process.pid)];
  spawnSync("taskset", options, { stdio: "ignore" });
}

/** Parses a CPU list of the kernel, `"0-2,5"`, into numbers. */
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
