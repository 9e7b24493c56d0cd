/** What a run leaves behind: one file for each scenario, with every round as it was measured. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../harness/environment.ts";
import type { Round } from "../measure/metrics.ts";

/** What the names of the files of micro-benchmarks begin with. */
export const MICRO_PREFIX = "micro-";

/** A contestant's part of a result. */
export interface ContestantResult {
  readonly name: string;
  readonly title: string;
  /** `"fastify 5.12.8, Node 24.21.0"` */
  readonly versions: string;
  /** Bytes of the head of one answer, for readers who wonder what is in it. */
  readonly headBytes: number;
  readonly rounds: readonly Round[];
}

/** The file of a scenario. */
export interface ScenarioResult {
  readonly scenario: string;
  readonly title: string;
  readonly about: string;
  /** A key of the table of metrics. */
  readonly kind: string;
  readonly environment: Environment;
  readonly contestants: readonly ContestantResult[];
  /** Who could not take part, and why. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** The file of a micro-benchmark, `micro-<name>.json`. */
export interface MicroResult {
  readonly name: string;
  readonly node: string;
  readonly cpu: string;
  /** ISO 8601. */
  readonly date: string;
  /** Nanoseconds for each call; `added` is what the median is above that of the first row. */
  readonly rows: readonly {
    readonly name: string;
    readonly median: number;
    readonly minimum: number;
    readonly added: number;
  }[];
}

/** Writes the file; the folder is made when it is not there. */
export function writeResult(folder: string, result: ScenarioResult): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.scenario}.json`), `${JSON.stringify(result, null, 1)}\n`);
}

/** Reads the results of all scenarios; empty when there is none. */
export function readResults(folder: string): ScenarioResult[] {
  return listFiles(folder)
    .filter((name) => !name.startsWith(MICRO_PREFIX))
    .map((name): ScenarioResult => JSON.parse(readFileSync(join(folder, name), "utf8")));
}

/** Reads the results of the micro-benchmarks; empty when there is none. */
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
