/** Load with many new clients at once. wrk measures no connection from its start. */
import { join } from "node:path";
import type { LoadOrder } from "./load.ts";
import { runProgram } from "./run-program.ts";

const PROGRAM = join(import.meta.dirname, "_burst-process.ts");

/** An order for a burst. `connections` is the number of new clients, `duration` how long they wait for their first answer. */
export interface BurstOrder extends Omit<LoadOrder, "core" | "pipelining"> {
  /** The number of clients that keep the server busy from the start. */
  readonly busy: number;
  /** How long the busy clients are alone, in seconds. */
  readonly lead: number;
}

/** The result of a burst. */
export interface BurstResult {
  /** The time from the connect of each new client to its first answer, in milliseconds; `null` without an answer. */
  readonly firsts: readonly (number | null)[];
  /** The number of connections that the server has closed. */
  readonly cut: number;
  /** The number of answers to all clients, from the first connect of a new client on. */
  readonly answers: number;
  /** How long the process has waited for its core in this time, in milliseconds; `null` where the system has no figure. */
  readonly delay: number | null;
}

/** Runs a burst in a process of its own. @throws LoadError after a wrong answer. */
export async function runBurst(order: BurstOrder, core: number | null): Promise<BurstResult> {
  const command = [process.execPath, PROGRAM, JSON.stringify(order)] as const;
  return JSON.parse(await runProgram(command, core, (order.duration + 30) * 1000));
}
