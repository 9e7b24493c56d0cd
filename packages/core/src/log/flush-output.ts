/** Flushes the program's own output before Packetron ends the process. */

/** How long the exit of the process waits for a reader of stdout or stderr that reads slowly, in milliseconds. */
const FLUSH_TIMEOUT = 500;

/**
 * Waits until stdout and stderr have written everything. `process.exit()` drops what a pipe has not taken yet; a pipe takes
 * 64 KiB on Linux. Log lines do not need this: their sink writes the waiting lines when the process exits.
 *
 * @param timeoutMs How long to wait, in milliseconds; output that is not written by then is lost.
 */
export async function flushOutput(timeoutMs: number = FLUSH_TIMEOUT): Promise<void> {
  const unflushed = [process.stdout, process.stderr].filter((stream) => stream.writableLength > 0);
  if (unflushed.length === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  // A stream writes in order, so the callback of this empty write runs after all earlier output. It ignores an error,
  // such as a closed pipe: waiting longer would not help.
  const flushed = unflushed.map(
    (stream) => new Promise<void>((resolve) => stream.write("", () => resolve())),
  );
  await Promise.race([Promise.all(flushed), timeout]);
  clearTimeout(timer);
}
