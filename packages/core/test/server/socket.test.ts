import { existsSync, statSync } from "node:fs";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import { Packetron } from "../../src/server/packetron.ts";
import { collectLog } from "../_server.ts";
import { socketPath } from "../cluster/ports/_socket-path.ts";

/** Sends one request over a Unix socket. */
function ask(
  socketPath: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Promise<string> {
  return new Promise((resolve, reject) => {
    const method = body === "" ? "GET" : "POST";
    const outgoing = request({ socketPath, path, method, headers: { Host: "a", ...headers } }, (response) => {
      text(response).then(resolve, reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

describe.skipIf(process.platform === "win32").each(["direct", "standard"] as const)(
  "a server on a Unix socket, dispatch %s",
  (dispatch) => {
    async function startOnSocket(
      options: object = {},
    ): Promise<{ server: Packetron; path: string; lines: ReturnType<typeof collectLog>["lines"] }> {
      const path = socketPath();
      const { logger, lines } = collectLog();
      const server = new Packetron({
        socket: { path, mode: 0o600 },
        maxThreads: 1,
        idleGrace: 0,
        dispatch,
        logger,
        ...options,
      });
      onTestFinished(() => server.stop());
      server.handle({ routePath: "ip", handler: ({ ip }, response) => response.sendJson(ip) });
      server.handle({
        method: PacketronRequestMethod.POST,
        routePath: "echo",
        handler: (incoming, response) => void incoming.pipe(response),
      });
      await server.start();
      return { server, path, lines };
    }

    test("answers, says where it listens, and removes the file at stop", async () => {
      const { server, path, lines } = await startOnSocket();
      const bytes = "x".repeat(300_000);
      expect(await Promise.all([ask(path, "/ip"), ask(path, "/echo", {}, bytes)])).toEqual(['""', bytes]);
      expect(server.address()).toEqual({ address: path, family: "Unix", port: 0 });
      expect(server.port).toBe(0);
      expect(lines).toContainEqual({
        level: "info",
        fields: { socket: path },
        message: `listening on ${path}`,
      });
      expect(statSync(path).mode & 0o777).toBe(0o600);
      await server.stop();
      expect(existsSync(path)).toBe(false);
    });

    test.each([
      [undefined, "192.0.2.7"],
      ["private", "192.0.2.7"],
      [["loopback"], "192.0.2.7"],
      [true, "192.0.2.7"],
      [["10.0.0.0/8"], ""],
      [false, ""],
    ] as const)("trustProxy %j: the client of the proxy is %j", async (trustProxy, ip) => {
      const { path } = await startOnSocket({ trustProxy });
      expect(await ask(path, "/ip", { "X-Forwarded-For": "192.0.2.7" })).toBe(JSON.stringify(ip));
    });
  },
);
