/** Opening files by names from outside: only regular ones, only where they may be, and never one that blocks. */
import { constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { PacketronError } from "@packetron/core";
import { staticError } from "../errors.ts";
import { liesAt } from "./location.ts";
import { type FileVersion, versionOf } from "./version.ts";

/** Refuses a link anywhere in the path; of macOS alone, which refuses it together with O_NOFOLLOW. Node has no name for it. */
const O_NOFOLLOW_ANY = 0x2000_0000;

/**
 * Opening a FIFO waits for its writer, for ever if need be, unless O_NONBLOCK says not to. The path is canonical, so a
 * link in it has been put there in between. Windows has none of these constants.
 */
const FLAGS =
  constants.O_RDONLY |
  constants.O_NONBLOCK |
  (process.platform === "darwin" ? O_NOFOLLOW_ANY : constants.O_NOFOLLOW);

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

/** A regular file that this process may read. */
export interface FoundFile {
  /** Canonical: absolute, without links. */
  readonly path: string;
  /** The canonical directory that the file has to be in; `null` for anywhere. */
  readonly root: string | null;
  /** Read from a descriptor that was seen to lie at the path: opening the same version again gives the same file. */
  readonly version: FileVersion;
}

/**
 * Finds the file at a path, links followed. Path and `stat` choose only what is opened, because a folder can become a link
 * between two calls: the file that is found is the one that was opened, and seen to be inside of the root.
 *
 * @param old What was found there the last time. It stays while the path leads to the same version: its bytes were inside.
 * @returns `null` when there is no regular file, or none that this process may read.
 * @throws PKT_STATIC_READ when the file system fails otherwise.
 */
export function findFile(
  path: string,
  root: string | null,
  old: FoundFile | null = null,
): Promise<FoundFile | null> {
  return orMissing(path, async () => {
    for (let tries = 1; ; tries++) {
      const canonical = await realpath(path);
      if (root !== null && !isInside(canonical, root)) return null;
      const seen = versionOf(await stat(canonical, { bigint: true }));
      if (seen === null) return null; // not opened: a device may act on that
      if (old !== null && old.path === canonical && old.root === root && isSame(seen, old.version))
        return old;
      const opened = await openOnce(canonical, root, null);
      if (opened === null) return null;
      if (opened !== "elsewhere") {
        await opened.handle.close();
        return { path: canonical, root, version: opened.version };
      }
      if (tries === MAX_TRIES) return null;
    }
  });
}

/** An open file and the version that it has; the caller closes it. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly version: FileVersion;
}

/** A file may be replaced or moved again while its place is looked at. */
const MAX_TRIES = 3;

/**
 * Opens a file that {@link findFile} has found, in the version that it has by now.
 *
 * @returns `null` when it is no longer there, is no regular file any more, or would be reached by a link.
 * @throws PKT_STATIC_READ when the file system fails otherwise.
 */
export function openFile({ path, root, version }: FoundFile): Promise<OpenFile | null> {
  return orMissing(path, async () => {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const opened = await openOnce(path, root, version);
      if (opened !== "elsewhere") return opened;
    }
    return null;
  });
}

/** @param known A version that was seen to lie inside of the root. */
async function openOnce(
  path: string,
  root: string | null,
  known: FileVersion | null,
): Promise<OpenFile | null | "elsewhere"> {
  const handle = await open(path, FLAGS);
  let opened: OpenFile | null = null;
  try {
    const stats = await handle.stat({ bigint: true });
    const version = versionOf(stats);
    if (version === null) return null;
    const isProven = root === null || (known !== null && isSame(version, known));
    if (isProven || (await liesAt(handle, stats, path, root))) opened = { handle, version };
    return opened ?? "elsewhere";
  } finally {
    if (opened === null) await handle.close();
  }
}

/** Whether two looks saw the same bytes of the same file. */
function isSame(version: FileVersion, known: FileVersion): boolean {
  return known.settled && version.identity === known.identity;
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
