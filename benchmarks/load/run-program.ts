/** Runs a program and waits until it has exited. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Command, pinned } from "../measure/cores.ts";
import { LoadError } from "./load.ts";

const run = promisify(execFile);

/**
 * Runs a program, and resolves to its stdout.
 *
 * @param timeout The time limit, in milliseconds.
 * @throws LoadError when the program fails or exceeds the time limit.
 */
export async function runProgram(command: Command, core: number | null, timeout: number): Promise<string> {
  const [program, ...args] = pinned(command, core);
  try {
    return (await run(program, args, { timeout, maxBuffer: 16 * 1024 * 1024 })).stdout;
  } catch (error) {
    throw new LoadError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
