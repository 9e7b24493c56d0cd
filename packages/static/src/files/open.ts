/** Opens files whose names clients choose: only regular files, only inside the root, and without blocking. */
import { constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { PacketronError } from "@packetron/core";
import { staticError } from "../errors.ts";
import { liesAt } from "./location.ts";
import { type FileVersion, versionOf } from "./version.ts";

/** macOS: refuses a link anywhere in the path. Cannot be combined with O_NOFOLLOW. Node has no constant for it. */
const O_NOFOLLOW_ANY = 0x2000_0000;

/**
 * O_NONBLOCK: without it, the opening of a FIFO waits for a writer, possibly for ever. O_NOFOLLOW: the path is
 * canonical, so a link in it was created after it was resolved. Windows does not have these constants.
 */
const FLAGS =
  constants.O_RDONLY |
  constants.O_NONBLOCK |
  (process.platform === "darwin" ? O_NOFOLLOW_ANY : constants.O_NOFOLLOW);

/** Error codes that mean that this process has no such file: the client gets a 404. */
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

/** Error codes of a process with too many open descriptors or no memory: the client gets a 503. */
const EXHAUSTED: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

/** A regular file that this process may read. */
export interface FoundFile {
  /** The canonical path: absolute, without links. */
  readonly path: string;
  /** The canonical directory that the file has to be in; `null` for anywhere. */
  readonly root: string | null;
  /** The version, read from a descriptor that was verified to be at the path. The same version is the same file. */
  readonly version: FileVersion;
}

/**
 * Finds the file at a path and follows links. Attack: a folder can become a link between two calls. So the path only
 * selects what is opened, and the location of the open file is verified afterwards.
 *
 * @param old The last result for the path. It is returned again while the path leads to the same version, because the
 *   location of that version was verified.
 * @returns `null` when the path has no regular file that this process may read.
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
      if (seen === null) return null; // not opened, because the opening of a device can have an effect
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

/** An open file and its version. The caller closes it. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly version: FileVersion;
}

/** How often the opening of a file is tried: the file may be replaced or moved while its location is verified. */
const MAX_TRIES = 3;

/**
 * Opens a file that {@link findFile} has found, in its current version.
 *
 * @returns `null` when the file does not exist any more, is not a regular file any more, or is reached by a link.
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

/**
 * Makes one attempt to open a file. `"elsewhere"`: the open file is not at its path.
 *
 * @param known A version whose location inside the root was verified.
 */
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

/** Whether two versions certainly have the same bytes of the same file. */
function isSame(version: FileVersion, known: FileVersion): boolean {
  return known.settled && version.identity === known.identity;
}

/** Whether a canonical path is below a canonical directory. */
export function isInside(path: string, root: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** Returns `null` when a call fails because of a missing file. Other failures become PKT_STATIC_READ. */
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
