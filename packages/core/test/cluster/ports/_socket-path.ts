/** Helpers: paths of Unix sockets, and a socket whose program was killed. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes a path for a socket in a folder of its own, which is removed at the end of the test. */
export function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "packetron-socket-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "app.sock");
}

/** Leaves the file of a socket at a path, as a program does that is killed while it listens. */
export function leaveStaleSocket(path: string): void {
  const code =
    "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  spawnSync(process.execPath, ["-e", code, path]);
}
