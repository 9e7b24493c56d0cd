/** Load by autocannon: there on every machine, but JavaScript: it often needs more CPU than the server that it asks. */
import { join } from "node:path";
import type { LoadGenerator, LoadOrder, LoadResult } from "./load.ts";
import { runProgram } from "./run-program.ts";

const PROGRAM = join(import.meta.dirname, "_autocannon-process.ts");

/** autocannon as a process of its own, so that it can have a core of its own. */
export function makeAutocannon(version: string): LoadGenerator {
  return { name: `autocannon ${version}`, run: runAutocannon };
}

async function runAutocannon(order: LoadOrder): Promise<LoadResult> {
  const command = [process.execPath, PROGRAM, JSON.stringify(order)] as const;
  const output = await runProgram(command, order.core, (order.duration + 20) * 1000);
  return JSON.parse(output);
}
