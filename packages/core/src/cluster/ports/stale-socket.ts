/** Removes the file of a Unix socket that a killed program has left. */
import { connect } from "node:net";
import { errorCode } from "../../errors/narrow.ts";
import { fs } from "../../node/modules.ts";

/**
 * Removes the file of a Unix socket on which no program listens any more.
 *
 * @returns Whether the path is free now; `false` when a program listens on it.
 * @throws Error when another kind of file is at the path, which is then kept; the error of the system when the file
 *   cannot be removed.
 */
export async function removeStaleSocket(path: string): Promise<boolean> {
  const found = identify(path);
  if (found === undefined) return true;
  if (await isListening(path)) return false;
  // Another program may have replaced the stale file during the attempt to connect. Its socket must stay.
  if (identify(path) === found) fs.rmSync(path, { force: true });
  return true;
}

/** What tells one file at a path from its successor; `undefined` without a file. Systems use inode numbers again. */
function identify(path: string): string | undefined {
  const stats = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (!stats.isSocket()) throw new Error("there is a file at this path that is not a socket");
  return `${stats.dev}:${stats.ino}:${stats.ctimeNs}`;
}

/** Whether a program listens. A socket that this user may not connect to, or whose queue is full, is in use, too. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => resolve(!["ECONNREFUSED", "ENOENT"].includes(errorCode(error) ?? "")));
  });
}
