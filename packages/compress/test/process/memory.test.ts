import { Agent, request } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "../_server.ts";

const ANSWERS = process.env.PACKETRON_TEST_FULL === undefined ? 2_000 : 100_000;
const CLIENTS = 8;

/**
 * A compressor has at least 256 KB: 2,000 of them have 500 MB, and so has one in fifty of 100,000. V8 lets its heap grow
 * by 80 MB within the first 20,000 answers, and not later.
 */
const MOST_GROWTH = 128 * 1024 * 1024;

test(`${ANSWERS} compressed answers leave no memory behind`, { timeout: 600_000 }, async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const items = Array.from({ length: 60 }, (_, id) => ({
    id,
    name: `item ${id}`,
    price: id * 7,
    stocked: id % 3 === 0,
  }));
  const server = await startServer((made) => {
    made.handle({ routePath: "/", handler: (_request, response) => response.sendJson(items) });
  });
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  onTestFinished(() => agent.destroy());
  const ask = (accepted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = { "Accept-Encoding": accepted };
      request({ host: "127.0.0.1", port: server.port, agent, headers })
        .on("error", reject)
        .on("response", (response) => response.resume().on("end", resolve))
        .end();
    });
  const run = async (count: number): Promise<number> => {
    const client = async (): Promise<void> => {
      for (let sent = 0; sent < count / CLIENTS; sent++) await ask(["br", "gzip", "zstd"][sent % 3] ?? "");
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    collect();
    return process.memoryUsage.rss();
  };
  const before = await run(ANSWERS / 4);
  expect((await run(ANSWERS)) - before).toBeLessThan(MOST_GROWTH);
});
