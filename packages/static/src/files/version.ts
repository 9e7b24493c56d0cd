/** Which version of a file one has seen. */
import type { BigIntStats } from "node:fs";

/** One version of a regular file, as `stat` tells it. */
export interface FileVersion {
  /** In bytes. */
  readonly size: number;
  /** When the content changed last, in milliseconds. */
  readonly modified: number;
  /** Differs when the file was changed, replaced or moved; the same for the same bytes. */
  readonly identity: string;
  /**
   * Whether a later change is certain to give another identity. Clocks of file systems tick slowly (4 ms on ext4, 2 s on
   * FAT), so two changes within one tick look alike.
   */
  readonly settled: boolean;
}

/** The slowest tick of a file system in use, in milliseconds. */
const SLOWEST_TICK = 2_000;

/** The version of a file, `null` when it is not a regular one: a directory, a FIFO, a socket, a device. */
export function versionOf(stats: BigIntStats): FileVersion | null {
  if (!stats.isFile()) return null;
  return {
    size: Number(stats.size),
    modified: Number(stats.mtimeMs),
    identity: identityOf(stats),
    settled: isSettled(stats),
  };
}

/** What differs between two states of a file or a directory. The change time cannot be set back, unlike the other one. */
export function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

/** Whether the last change lies further back than any tick. */
export function isSettled(stats: BigIntStats): boolean {
  return Date.now() - Number(stats.ctimeMs) > SLOWEST_TICK;
}
