/** Versions of files, by which changes are noticed. */
import type { BigIntStats } from "node:fs";

/** One version of a regular file, from its `stat`. */
export interface FileVersion {
  /** Size of the file in bytes. */
  readonly size: number;
  /** Time of the last change of the content, in milliseconds since 1970. */
  readonly modified: number;
  /** Identifies the version: differs after the file was changed, replaced or moved. */
  readonly identity: string;
  /**
   * Whether a later change is certain to give another identity. Clocks of file systems are coarse (4 ms on ext4, 2 s on
   * FAT), so two changes within one tick have the same time.
   */
  readonly settled: boolean;
}

/** The longest tick of a file system's clock, in milliseconds: that of FAT. */
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
 * Identifies a state of a file or a directory. Programs can set the modification time back, but not the change time.
 */
export function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

/** Whether the last change is older than a tick of any file system's clock. */
export function isSettled(stats: BigIntStats): boolean {
  return Date.now() - Number(stats.ctimeMs) > SLOWEST_TICK;
}
