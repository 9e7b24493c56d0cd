/** What the program itself printed must not be lost because the process ends for a reason of Packetron's. */

/** How long the end of a process may wait for a reader that is behind, in milliseconds. */
const PATIENCE = 500;

/**
 * Waits until what was written to stdout and stderr is out. `process.exit()` drops what a pipe has not taken yet, more than
 * 64 KiB on Linux. Log lines need this not: their sink writes what waits when the process exits.
 *
 * @param patience In milliseconds; then the rest is lost.
 */
export async function flushOutput(patience: number = PATIENCE): Promise<void> {
  const behind = [process.stdout, process.stderr].filter((stream) => stream.writableLength > 0);
  if (behind.length === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patience);
  });
  // Writes are finished in order, so this one is last; with an error, too: a reader that has gone is nobody to wait for.
  const flushed = behind.map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve())));
  await Promise.race([Promise.all(flushed), late]);
  clearTimeout(timer);
}
