/** Applies the flag PacketronServerFlags.RAISE_PROCESS_PRIORITY. */
import { constants, setPriority } from "node:os";
import { PacketronServerFlags } from "../../config/flags.ts";
import type { ServerDelegate } from "./lifecycle.ts";

/** Asks the system for a higher scheduling priority of this process, if the flag is set. */
export function applyPriority(delegate: ServerDelegate, workerId: number): void {
  if ((delegate.settings.flags & PacketronServerFlags.RAISE_PROCESS_PRIORITY) === 0) return;
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch (error) {
    // The system refuses every worker alike, so only worker 1 or the single process logs it.
    if (workerId <= 1) delegate.log.warn({ err: error }, "the system refused a higher process priority");
  }
}
