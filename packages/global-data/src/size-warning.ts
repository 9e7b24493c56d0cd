/** Warns of a store that is too large for one file. */
import type { Logger } from "@packetron/core";
import type { StoredData } from "./format.ts";

/**
 * Keys of a large store. A change of so many keys blocks the event loop for 2 ms, a change of three times as many for
 * 10 ms.
 */
const LARGE_KEYS = 1_000;

/** Bytes of a large store. A change of so many bytes blocks the event loop for 4 to 40 ms. */
const LARGE_BYTES = 1024 * 1024;

/** Warns of a large store, once in a process: otherwise every further change would repeat the line. */
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
