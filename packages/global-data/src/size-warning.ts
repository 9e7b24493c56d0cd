/** Logs a warning when global data is so large that each change blocks the event loop for milliseconds. */
import type { Logger } from "@packetron/core";
import type { StoredData } from "./format.ts";

/**
 * The number of keys from which a warning is logged. With so many keys, each change blocks the event loop for 2 ms,
 * with three times as many for 10 ms.
 */
const LARGE_KEYS = 1_000;

/** The size in bytes from which a warning is logged. At this size, each change blocks the event loop for 4 to 40 ms. */
const LARGE_BYTES = 1024 * 1024;

/** Logs one warning per process when global data is large, because a warning for every change would fill the log. */
export class SizeWarning {
  #isDue = true;

  /** Checks the size of content that the process has read or written. */
  check(log: Logger, bytes: number, data: StoredData): void {
    if (!this.#isDue) return;
    const keys = Object.keys(data).length;
    if (bytes < LARGE_BYTES && keys < LARGE_KEYS) return;
    this.#isDue = false;
    log.warn(
      { keys, bytes },
      `global data has grown to ${keys} keys and ${bytes} bytes: each change writes all of them and blocks the event ` +
        "loop, and each process reads them again. Keep data that grows in a database such as Redis.",
    );
  }
}
