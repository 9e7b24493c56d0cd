/** Load by autocannon: installed with npm, but in JavaScript, so it often needs more CPU than the measured server. */
import { join } from "node:path";
import type { LoadGenerator, LoadOrder, LoadResult } from "./load.ts";
import { runProgram } from "./run-program.ts";

const PROGRAM = join(import.meta.dirname, "_autocannon-process.ts");

/** Makes a generator that runs autocannon in its own process, so that it can have its own core. */
export function makeAutocannon(version: string): LoadGenerator {
  return { name: `autocannon ${version}`, run: runAutocannon };
}

async function runAutocannon(order: LoadOrder): Promise<LoadResult> {
  const command = [process.execPath, PROGRAM, JSON.stringify(order)] as const;
  const output = await runProgram(command, order.core, (order.duration + 20) * 1000);
  return JSON.parse(output);
}
