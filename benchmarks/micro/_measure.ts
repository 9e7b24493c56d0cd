/** Times functions against each other, without a socket, with mitata: it compiles a loop for each of them. */
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

/** What is timed: one call. */
export interface Contestant {
  readonly name: string;
  /** Its result is kept from the optimiser. */
  readonly run: () => unknown;
}

const ROUNDS = 7;

/** Nanoseconds for each contestant and round: long enough for the compiler to have finished. */
const ROUND_TIME = 100e6;

/** A server that never starts, and the host of one of its capabilities. */
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

/** A contestant that runs a route as core has compiled it: its gates and its handler. */
export function routeContestant(name: string, route: PacketronRoute): Contestant {
  return { name, run: () => route.run(request, response) };
}

/**
 * Prints nanoseconds for each call: median and minimum of the rounds, and what the median is above that of the first
 * contestant. Rounds are interleaved, so that a noisy moment hits all of them. `name` is that of the result's file.
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

/** The median of the batches of one round. Without a collection before it: that of Node needs a flag. */
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

/** `run.ts` says where; a program that is run by hand only prints. */
function save(result: MicroResult): void {
  const folder = process.env.BENCHMARK_MICRO_RESULTS;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${MICRO_PREFIX}${result.name}.json`), `${JSON.stringify(result, null, 1)}\n`);
}
