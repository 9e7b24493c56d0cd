/** Reads how long the operating system has let a process wait for its core: on a busy machine figures are wrong. */
import { readFileSync } from "node:fs";

/** How long this process has waited while another one ran, since its start, in milliseconds; `null` without a figure. */
export function readRunDelay(): number | null {
  try {
    return parseRunDelay(readFileSync("/proc/self/schedstat", "latin1"));
  } catch {
    return null; // not Linux, or a kernel without these statistics
  }
}

/** Parses `/proc/<pid>/schedstat`: nanoseconds on the core, nanoseconds of waiting for it, and the number of turns. */
export function parseRunDelay(text: string): number | null {
  const delay = Number(text.split(" ")[1]);
  return Number.isFinite(delay) ? delay / 1e6 : null;
}
