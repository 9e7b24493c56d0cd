/** The warning for a store that has outgrown one file. */
import type { Logger } from "@packetron/core";
import type { StoredData } from "./format.ts";

/**
 * A change of so many keys takes 2 ms, of three times as many 10 ms, of so many bytes 4 to 40 ms: the event loop stands
 * still meanwhile.
 */
const LARGE_BYTES = 1024 * 1024;
const LARGE_KEYS = 1_000;

/** Warns once: in a process that has been warned, every further change would repeat the line. */
export class SizeWarning {
  #isDue = true;

  /** Looks at the content that the process has read or written. */
  check(log: Logger, bytes: number, data: StoredData): void {
    if (!this.#isDue) return;
    const keys = Object.keys(data).length;
    if (bytes < LARGE_BYTES && keys < LARGE_KEYS) return;
    this.#isDue = false;
    log.warn(
      { keys, bytes },
      `global data has grown to ${keys} keys and ${bytes} bytes: each change writes all of them while the event loop ` +
        "stands still, and each process reads them again. Keep what grows in a database such as Redis.",
    );
  }
}
