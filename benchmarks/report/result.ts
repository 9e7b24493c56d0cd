/** What a run leaves behind: one file for each scenario, with every round as it was measured. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../harness/environment.ts";
import type { Round } from "../measure/metrics.ts";

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

/** Writes the file; the folder is made when it is not there. */
export function writeResult(folder: string, result: ScenarioResult): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.scenario}.json`), `${JSON.stringify(result, null, 1)}\n`);
}

/** Reads all results of a folder; empty when there is none. */
export function readResults(folder: string): ScenarioResult[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json") && !name.startsWith("micro-"))
      .map((name): ScenarioResult => JSON.parse(readFileSync(join(folder, name), "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
