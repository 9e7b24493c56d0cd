import { expect, test } from "vitest";
import { get, isAlive, runApp } from "./_cluster-child.ts";

test("every worker answers on the one port, and the primary never does", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  const port = await app.started();
  const answers = await Promise.all(Array.from({ length: 8 }, () => get(port, "/slow?ms=50")));
  expect(new Set(answers.map((answer) => answer.worker))).toEqual(new Set([1, 2]));
  expect(answers.map((answer) => answer.pid)).not.toContain(app.child.pid);
  expect(app.all("started", { role: "worker" }).map((line) => line["port"])).toEqual([port, port]);
});

test("SIGTERM ends every process with exit code 0", async () => {
  const app = runApp({ servers: [{ maxThreads: 2 }] });
  await app.started();
  app.child.kill("SIGTERM");
  expect(await app.ended).toEqual({ code: 0, signal: null });
  expect(app.workers().filter(isAlive)).toEqual([]);
});
