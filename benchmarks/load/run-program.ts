/** Runs a program to its end. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Command, pinned } from "../measure/cores.ts";

const run = promisify(execFile);

/** Resolves with what the program printed to stdout; rejects when it fails or takes longer than `timeout` milliseconds. */
export async function runProgram(command: Command, core: number | null, timeout: number): Promise<string> {
  const [program, ...args] = pinned(command, core);
  const { stdout } = await run(program, args, { timeout, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}
