/** PacketronServerFlags.RAISE_PROCESS_PRIORITY. */
import { constants, setPriority } from "node:os";
import { PacketronServerFlags } from "../../config/flags.ts";
import type { ServerDelegate } from "./lifecycle.ts";

/** Asks for a higher scheduling priority for this process, where the flag says so. A refusal is logged, once in all. */
export function applyPriority(delegate: ServerDelegate, workerId: number): void {
  if ((delegate.settings.flags & PacketronServerFlags.RAISE_PROCESS_PRIORITY) === 0) return;
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch (error) {
    // Every worker is refused alike: the first one tells it for all.
    if (workerId <= 1) delegate.log.warn({ err: error }, "the system refused a higher process priority");
  }
}
