/** PacketronServerFlags.RAISE_PROCESS_PRIORITY. */
import { constants, setPriority } from "node:os";
import { PacketronServerFlags } from "../../config/flags.ts";
import type { Member } from "./lifecycle.ts";

/** Asks for a higher scheduling priority for this process, where the flag says so. A refusal is logged, once in all. */
export function applyPriority(member: Member, workerId: number): void {
  if ((member.settings.flags & PacketronServerFlags.RAISE_PROCESS_PRIORITY) === 0) return;
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch (error) {
    // Every worker is refused alike: the first one tells it for all.
    if (workerId <= 1) member.log.warn({ err: error }, "the system refused a higher process priority");
  }
}
