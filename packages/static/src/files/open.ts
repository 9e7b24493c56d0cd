/** Opens files whose names clients choose: only regular files, only inside the root directory, and without blocking. */
import { constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { PacketronError } from "@packetron/core/capability";
import { staticError } from "../errors.ts";
import { liesAt } from "./location.ts";
import { type FileVersion, versionOf } from "./version.ts";

/**
 * The flag of `open` on macOS that refuses a link anywhere in the path. Node has no constant for this flag, and macOS
 * does not allow it together with O_NOFOLLOW.
 */
const O_NOFOLLOW_ANY = 0x2000_0000;

/**
 * The flags for opening a file. Without O_NONBLOCK, the opening of a FIFO waits for a writer, possibly for ever.
 * O_NOFOLLOW refuses a link: the path was resolved before, so a link at the path is newer, and possibly an attack.
 * O_NOFOLLOW checks only the last name of the path: a folder before the last name may still have become a link, which
 * `liesAt()` detects. Windows does not have O_NONBLOCK and O_NOFOLLOW.
 */
const FLAGS =
  constants.O_RDONLY |
  constants.O_NONBLOCK |
  (process.platform === "darwin" ? O_NOFOLLOW_ANY : constants.O_NOFOLLOW);

/** Error codes for a file that is missing or that this process may not read: the client gets a 404. */
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

/** Error codes for too many open files or too little memory: the client gets a 503. */
const EXHAUSTED: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

/** A regular file that this process may read. */
export interface FoundFile {
  /** The canonical path: absolute, without links. */
  readonly path: string;
  /** The canonical directory that the file must be in; `null` if the file may be anywhere. */
  readonly root: string | null;
  /** The version of the file, read from an open descriptor. With a `root`, the open file was verified to be in it. */
  readonly version: FileVersion;
}

/**
 * Finds the file at a path, and follows links. Attack: between two system calls, a folder of the path can be replaced
 * by a link to another place. So the file is opened first, and then the location of the open file is verified.
 *
 * @param old The last result for the path. `old` is returned again if the file is certainly unchanged, because the
 *   location of this version is already verified. A version that is not `settled` is always opened and verified again.
 * @returns `null` when the path has no regular file that this process may read.
 * @throws PKT_STATIC_READ when the file system fails for another reason.
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
      if (seen === null) return null; // not a regular file. Opening a device can have an effect, so it is not opened.
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

/** How often the opening of a file is tried: another process may replace the file while its location is verified. */
const MAX_TRIES = 3;

/**
 * Opens a file that {@link findFile} has found. The file may have changed since: the result has the current version.
 *
 * @returns `null` when the file does not exist any more, is not a regular file any more, or is reached by a link.
 * @throws PKT_STATIC_READ when the file system fails for another reason.
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
 * Makes one attempt to open a file.
 *
 * @param known The version of the file whose location inside the root is already verified; `null` for none.
 * @returns `null` for anything but a regular file; `"elsewhere"` if the file that was opened is not at the path.
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

/** The operating system's code of an error, such as `"ENOENT"`; `""` for an error without a code. */
export function codeOf(error: unknown): string {
  // Not instanceof: a test runner may load this module in a context of its own, where Node's errors are of another class.
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** Calls `look`. Returns `null` if `look` fails because a file is missing. Other failures become PKT_STATIC_READ. */
export async function orMissing<Value>(path: string, look: () => Promise<Value>): Promise<Value | null> {
  try {
    return await look();
  } catch (error) {
    const code = codeOf(error);
    if (MISSING.has(code)) return null;
    const reason = error instanceof Error ? error.message : String(error);
    const failure = staticError("PKT_STATIC_READ", { path, reason }, error);
    if (!EXHAUSTED.has(code)) throw failure;
    throw new PacketronError(failure.code, failure.message, { status: 503, cause: error });
  }
}
