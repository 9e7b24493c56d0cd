import { expect, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";

test("the quick start answers its two routes from several workers and stops with exit code 0", async () => {
  const program = await startExample("quickstart");

  const status = await fetch(`${program.origin}/api/status`);
  expect(await status.json()).toEqual({ status: "ok" });

  const echo = await fetch(`${program.origin}/api/echo`, { method: "POST", body: '{"a":1}' });
  expect(await echo.json()).toEqual({ received: { a: 1 } });

  const page = await fetch(program.origin);
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const html = await page.text();
  for (const path of ["/api/status", "/api/echo", "/api/worker"]) expect(html).toContain(path);

  // Each request has its own connection. They open together, and the primary distributes them over its workers.
  const answers = await Promise.all(Array.from({ length: 16 }, () => askWorker(program.origin)));
  expect(new Set(answers.map(({ worker }) => worker)).size).toBeGreaterThan(1);
  for (const { worker, process } of answers) {
    expect(worker).toBeGreaterThan(0);
    expect(process).not.toBe(program.pid);
  }

  expect(await program.stop()).toBe(0);
});

async function askWorker(origin: string): Promise<{ worker: number; process: number }> {
  const response = await fetch(`${origin}/api/worker`, { headers: { connection: "close" } });
  const answer: { worker: number; process: number } = JSON.parse(await response.text());
  return answer;
}
