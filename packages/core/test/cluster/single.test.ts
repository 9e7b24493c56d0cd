import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Packetron } from "../../src/server/packetron.ts";
import { ask } from "../_raw.ts";
import { collectLog } from "../_server.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Starts and stops a server, and returns only a weak reference to it. */
async function runOnce(): Promise<WeakRef<Packetron>> {
  const { logger } = collectLog();
  const server = new Packetron({ port: 0, host: "127.0.0.1", maxThreads: 1, idleGrace: 0, logger });
  server.handle({ routePath: "a", handler: (_request, response) => response.sendOk() });
  await server.start();
  await ask(server, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  await server.stop();
  return new WeakRef(server);
}

test("a stopped server can be collected: a program may make one after another", async () => {
  const servers = [await runOnce(), await runOnce(), await runOnce()];
  const isKept = (): boolean => servers.some((server) => server.deref() !== undefined);
  for (let turn = 0; turn < 100 && isKept(); turn++) {
    await nextTurn();
    collectGarbage();
  }
  expect(isKept()).toBe(false);
});
