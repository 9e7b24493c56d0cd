/** Opening files that somebody else named: only regular ones, and never one that blocks. */
import { type BigIntStats, constants } from "node:fs";
import { access, type FileHandle, open, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { PacketronError } from "@packetron/core";
import { staticError } from "../errors.ts";
import { type FileVersion, versionOf } from "./version.ts";

/**
 * Opening a FIFO waits for its writer, for ever if need be, unless O_NONBLOCK says not to. The path is canonical, so a
 * link at its end has been put there in between. Windows has neither of the two constants.
 */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** Failures that mean "there is no such file for us": the client gets a 404. */
const MISSING: ReadonlySet<string> = new Set([
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
  "ELOOP",
  "ENAMETOOLONG",
  "EACCES",
  "EPERM",
  "ENXIO", // a socket
  "ENODEV",
  "EINVAL",
  "ERR_INVALID_ARG_VALUE", // a NUL in the path
]);

/** Failures of the process, not of the file: it has too many descriptors open, or no memory. */
const EXHAUSTED: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

/** A regular file that one may read. */
export interface FoundFile {
  /** Canonical: absolute, without links. */
  readonly path: string;
  readonly version: FileVersion;
}

/**
 * Looks at a path, links followed.
 *
 * @param root The canonical directory that the file has to be in, links followed; `null` for anywhere.
 * @returns `null` when there is no regular file, or none that this process may read.
 * @throws PKT_STATIC_READ when the file system fails otherwise.
 */
export async function findFile(path: string, root: string | null): Promise<FoundFile | null> {
  return orMissing(path, async () => {
    const canonical = await realpath(path);
    if (root !== null && !isInside(canonical, root)) return null;
    const version = versionOf(await stat(canonical, { bigint: true }));
    if (version === null) return null;
    await access(canonical, constants.R_OK);
    return { path: canonical, version };
  });
}

/** An open file and the version that it has; whoever gets it has to close it. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly version: FileVersion;
}

/** A file may be replaced again while one makes sure of the one that was opened. */
const MAX_TRIES = 3;

/**
 * Opens a file that {@link findFile} has found, in whatever version it is by now.
 *
 * @returns `null` when it is gone by now, is no regular file any more, or would be reached by a link.
 * @throws PKT_STATIC_READ when the file system fails otherwise.
 */
export function openFile(found: FoundFile): Promise<OpenFile | null> {
  return orMissing(found.path, async () => {
    for (let tries = 1; ; tries++) {
      const opened = await openOnce(found);
      if (opened !== "replaced") return opened;
      if (tries === MAX_TRIES) return null;
    }
  });
}

async function openOnce({ path, version: seen }: FoundFile): Promise<OpenFile | null | "replaced"> {
  const handle = await open(path, FLAGS);
  let opened: OpenFile | null | "replaced" = null;
  try {
    const stats = await handle.stat({ bigint: true });
    const version = versionOf(stats);
    if (version === null) return null;
    // O_NOFOLLOW is about the last name only: a folder before it may have become a link to somewhere else.
    const isKnown = version.identity === seen.identity || (await isAt(stats, path));
    opened = isKnown ? { handle, version } : "replaced";
    return opened;
  } finally {
    if (opened === null || opened === "replaced") await handle.close();
  }
}

/** Whether a path leads to a file without any link. */
async function isAt({ dev, ino }: BigIntStats, path: string): Promise<boolean> {
  const there = await stat(path, { bigint: true });
  return there.dev === dev && there.ino === ino && (await realpath(path)) === path;
}

/** Whether a canonical path is below a canonical directory. */
export function isInside(path: string, root: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** Turns "no such file" into `null`, and every other failure into an error of this package. */
export async function orMissing<Value>(path: string, look: () => Promise<Value>): Promise<Value | null> {
  try {
    return await look();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (MISSING.has(code)) return null;
    const reason = error instanceof Error ? error.message : String(error);
    const failure = staticError("PKT_STATIC_READ", { path, reason }, error);
    if (!EXHAUSTED.has(code)) throw failure;
    throw new PacketronError(failure.code, failure.message, { status: 503, cause: error });
  }
}
