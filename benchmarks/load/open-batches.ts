/** Opens many connections without filling the listen queue of a server. */

/** The number of connections that are opened at once: fewer than the backlog of every server. */
export const BATCH = 100;

/** Calls `open` the given number of times, a batch after another. */
export async function openInBatches<Opened>(count: number, open: () => Promise<Opened>): Promise<Opened[]> {
  const opened: Opened[] = [];
  while (opened.length < count) {
    const batch = Array.from({ length: Math.min(BATCH, count - opened.length) }, open);
    opened.push(...(await Promise.all(batch)));
  }
  return opened;
}
