/** Versions of files: a file whose version differs from its last version was changed. */
import type { BigIntStats } from "node:fs";

/** One version of a regular file, read with `stat`. */
export interface FileVersion {
  /** Size of the file in bytes. */
  readonly size: number;
  /** Time of the last change of the content, in milliseconds since 1970. */
  readonly modified: number;
  /** A text that identifies this version of the file. It differs after the file was changed, replaced or moved. */
  readonly identity: string;
  /**
   * Whether every later change of the file changes `identity`. `false` shortly after a change: clocks of file systems
   * are coarse (4 ms on ext4, 2 s on FAT), so two changes within one tick have the same time.
   */
  readonly settled: boolean;
}

/** The longest tick of a file system's clock, in milliseconds: the tick of FAT. */
const SLOWEST_TICK = 2_000;

/** Returns the version of a file; `null` for a directory, a FIFO, a socket or a device. */
export function versionOf(stats: BigIntStats): FileVersion | null {
  if (!stats.isFile()) return null;
  return {
    size: Number(stats.size),
    modified: Number(stats.mtimeMs),
    identity: identityOf(stats),
    settled: isSettled(stats),
  };
}

/**
 * Returns a text that identifies the state of a file or a directory. The text includes the change time (`ctime`),
 * because programs can set the modification time (`mtime`) back, but not the change time.
 */
export function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

/** Whether the last change of a file or directory is older than the longest tick of a file system's clock. */
export function isSettled(stats: BigIntStats): boolean {
  return Date.now() - Number(stats.ctimeMs) > SLOWEST_TICK;
}
