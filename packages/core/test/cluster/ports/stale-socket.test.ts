import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { dirname } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { listen } from "../../../src/cluster/ports/bind.ts";
import { removeStaleSocket } from "../../../src/cluster/ports/stale-socket.ts";
import { leaveStaleSocket, socketPath } from "./_socket-path.ts";

/** Makes a server listen on a socket with `listen()`. */
async function listenAt(path: string, mode?: number): Promise<Server> {
  const server = createServer();
  onTestFinished(() => void server.close());
  const address = await listen(server, { host: "", port: 0, backlog: 1, flags: 0, socket: { path, mode } });
  expect(address).toEqual({ address: path, family: "Unix", port: 0 });
  return server;
}

describe.skipIf(process.platform === "win32")("listening on a Unix socket", () => {
  test("accepts connections, and removes the file when the server closes", async () => {
    const path = socketPath();
    const server = await listenAt(path);
    await once(connect(path), "connect");
    server.close();
    expect(existsSync(path)).toBe(false);
  });

  test("replaces the file that a killed program has left", async () => {
    const path = socketPath();
    leaveStaleSocket(path);
    expect(existsSync(path)).toBe(true);
    await listenAt(path);
    await once(connect(path), "connect");
  });

  test("is refused while another program listens, which keeps its file and its clients", async () => {
    const path = socketPath();
    await listenAt(path);
    await expect(listenAt(path)).rejects.toMatchObject({
      code: "PKT_SERVER_PORT_IN_USE",
      message: `The socket ${path} is in use. Stop the program that uses it, or choose another path.`,
      cause: expect.objectContaining({ code: "EADDRINUSE" }),
    });
    await once(connect(path), "connect");
  });

  test.each<[name: string, make: (path: string) => void]>([
    ["a file", (path) => writeFileSync(path, "keep me")],
    ["a folder", (path) => mkdirSync(path)],
    [
      "a link to a stale socket",
      (path) => {
        leaveStaleSocket(`${path}.old`);
        symlinkSync(`${path}.old`, path);
      },
    ],
  ])("is refused at the path of %s, which is kept", async (_name, make) => {
    const path = socketPath();
    make(path);
    await expect(listenAt(path)).rejects.toMatchObject({
      code: "PKT_SERVER_LISTEN",
      message: `Cannot listen on ${path}: there is a file at this path that is not a socket`,
    });
    expect(existsSync(path)).toBe(true);
  });

  test("is refused in a folder that does not exist, with the system's reason", async () => {
    await expect(listenAt(`${socketPath()}/none/app.sock`)).rejects.toMatchObject({
      code: "PKT_SERVER_LISTEN",
      message: expect.stringMatching(/^Cannot listen on .*: listen (ENOENT|EACCES)/),
    });
  });

  test("a path without a file is free", async () => {
    expect(await removeStaleSocket(socketPath())).toBe(true);
  });

  test.skipIf(process.getuid?.() === 0)("a stale file that cannot be removed is the reason", async () => {
    const path = socketPath();
    leaveStaleSocket(path);
    chmodSync(dirname(path), 0o500);
    onTestFinished(() => chmodSync(dirname(path), 0o700));
    await expect(listenAt(path)).rejects.toMatchObject({ code: "PKT_SERVER_LISTEN" });
  });
});
