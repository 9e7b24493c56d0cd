/** Compares the duration of functions without sockets. mitata compiles a loop for each function. */
import { mkdirSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { arch, cpus } from "node:os";
import { join } from "node:path";
import {
  type Capability,
  type CapabilityHost,
  Packetron,
  PacketronRequest,
  PacketronResponse,
  type PacketronRoute,
} from "@packetron/core";
import { do_not_optimize, measure } from "mitata";
import { spreadOf } from "../measure/statistics.ts";
import { MICRO_PREFIX, type MicroResult } from "../report/result.ts";

/** A measured function: one call of it is timed. */
export interface Contestant {
  readonly name: string;
  /** The function. Its result is used, so that the optimiser cannot remove the call. */
  readonly run: () => unknown;
}

const ROUNDS = 7;

/** The time for each contestant and round, in nanoseconds: long enough for the compiler to finish. */
const ROUND_TIME = 100e6;

/** Makes a server that never starts, and returns the host of one of its capabilities. */
export function makeHost(...capabilities: readonly Capability[]): CapabilityHost {
  const hosts: CapabilityHost[] = [];
  const probe: Capability = { name: "benchmark", install: (host) => void hosts.push(host) };
  new Packetron({ maxThreads: 1, capabilities: [...capabilities, probe] });
  const [host] = hosts;
  if (host === undefined) throw new Error("install() was not called");
  return host;
}

const request = new PacketronRequest(new Socket());
const response = new PacketronResponse(request);

/** A contestant that runs the compiled chain of a route: its gates and its handler. */
export function routeContestant(name: string, route: PacketronRoute): Contestant {
  return { name, run: () => route.run(request, response) };
}

/**
 * Prints nanoseconds for each call: the median and the minimum of the rounds, and the median's difference from that of
 * the first contestant. Rounds are interleaved, so that a noisy moment affects all. `name` is that of the result file.
 */
export async function compare(
  name: string,
  title: string,
  contestants: readonly Contestant[],
): Promise<void> {
  const rounds = contestants.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, { run }] of contestants.entries()) rounds[index]?.push(await time(run));
  const spreads = rounds.map((times) => spreadOf(times) ?? { median: 0, lowest: 0 });
  const base = spreads[0]?.median ?? 0;
  const rows = contestants.map(({ name }, index) => {
    const { median, lowest } = spreads[index] ?? { median: 0, lowest: 0 };
    return { name, median, minimum: lowest, added: median - base };
  });
  const cpu = cpus()[0]?.model.trim() ?? "unknown";
  const result = { name, node: process.versions.node, cpu, date: new Date().toISOString(), rows };
  print(title, result);
  save(result);
}

/** The median of the batches of one round. No garbage collection precedes it, because that needs a flag of Node. */
async function time(run: () => unknown): Promise<number> {
  const { p50 } = await measure(() => do_not_optimize(run()), { min_cpu_time: ROUND_TIME, gc: false });
  return p50;
}

function print(title: string, { node, cpu, rows }: MicroResult): void {
  const lines = rows.map(({ name, median, minimum, added }, index) =>
    line(name, median.toFixed(1), minimum.toFixed(1), index === 0 ? "" : added.toFixed(1)),
  );
  const head = `${title} (Node ${node}, ${arch()}, ${cpu})`;
  process.stdout.write(
    `${[head, line("ns for each call", "median", "minimum", "added"), ...lines].join("\n")}\n\n`,
  );
}

function line(name: string, ...cells: readonly string[]): string {
  return name.padEnd(46) + cells.map((text) => text.padStart(9)).join("");
}

/** Writes the result to the folder that `run.ts` sets. A benchmark that is run by hand only prints. */
function save(result: MicroResult): void {
  const folder = process.env.BENCHMARK_MICRO_RESULTS;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${MICRO_PREFIX}${result.name}.json`), `${JSON.stringify(result, null, 1)}\n`);
}
