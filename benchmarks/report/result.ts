/** The result files of a run: one for each scenario, with the figures of every round. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../harness/environment.ts";
import type { Round } from "../measure/metrics.ts";

/** The prefix of the file names of micro-benchmarks. */
export const MICRO_PREFIX = "micro-";

/** A contestant's part of a result. */
export interface ContestantResult {
  readonly name: string;
  readonly title: string;
  /** The versions, such as `"fastify 5.12.8, Node 24.21.0"`. */
  readonly versions: string;
  /** The size of the head of one answer, in bytes, because contestants send different headers. */
  readonly headBytes: number;
  readonly rounds: readonly Round[];
}

/** The file of a scenario. */
export interface ScenarioResult {
  readonly scenario: string;
  readonly title: string;
  readonly about: string;
  /** The kind of scenario, a key of the table of metrics. */
  readonly kind: string;
  readonly environment: Environment;
  readonly contestants: readonly ContestantResult[];
  /** The contestants that could not take part, and the reasons. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** The file of a micro-benchmark, `micro-<name>.json`. */
export interface MicroResult {
  readonly name: string;
  readonly node: string;
  readonly cpu: string;
  /** The date in ISO 8601. */
  readonly date: string;
  /** Nanoseconds for each call. `added` is the median's difference from that of the first row. */
  readonly rows: readonly {
    readonly name: string;
    readonly median: number;
    readonly minimum: number;
    readonly added: number;
  }[];
}

/** Writes the file of a scenario. The folder is made when it does not exist. */
export function writeResult(folder: string, result: ScenarioResult): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.scenario}.json`), `${JSON.stringify(result, null, 1)}\n`);
}

/** Removes the files of all scenarios, so that none of an earlier run stays. */
export function removeResults(folder: string): void {
  for (const name of listFiles(folder)) if (!name.startsWith(MICRO_PREFIX)) rmSync(join(folder, name));
}

/** Reads the results of all scenarios; empty without results. */
export function readResults(folder: string): ScenarioResult[] {
  return listFiles(folder)
    .filter((name) => !name.startsWith(MICRO_PREFIX))
    .map((name): ScenarioResult => JSON.parse(readFileSync(join(folder, name), "utf8")));
}

/** Reads the results of the micro-benchmarks; empty without results. */
export function readMicroResults(folder: string): MicroResult[] {
  return listFiles(folder)
    .filter((name) => name.startsWith(MICRO_PREFIX))
    .map((name): MicroResult => JSON.parse(readFileSync(join(folder, name), "utf8")));
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
