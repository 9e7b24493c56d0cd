import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** Starts the server. `errors()` returns its log. */
async function startServer(): Promise<{ child: ChildProcess; port: number; errors: () => string }> {
  const program = fixtureFile("packetron/busy-server");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PACKETRON_LOG: "json" },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text;
  });
  const [line] = await once(child.stdout, "data");
  return { child, port: Number(String(line)), errors: () => errors };
}

async function ask(port: number, path: string, agent: Agent | false = false): Promise<Answer> {
  const sent = get({ host: "127.0.0.1", port, path, agent });
  sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer to ${path}`)));
  const [response] = await once(sent, "response");
  response.resume();
  await once(response, "end");
  return { status: response.statusCode, retryAfter: response.headers["retry-after"] };
}

test("under too much work for the event loop, some requests are refused and probes are answered; later all requests are answered", async () => {
  const { child, port, errors } = await startServer();
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const answers: Answer[] = [];
  let enough = false;

  // 20 clients with 20 ms of work each: a turn of the loop takes 400 ms.
  const clients = Array.from({ length: 20 }, async () => {
    while (!enough) answers.push(await ask(port, "/work", agent));
  });
  await expect.poll(() => answers.some(({ status }) => status === 503), { timeout: 15_000 }).toBe(true);
  const probes: number[] = [];
  for (let times = 0; times < 2; times++) probes.push((await ask(port, "/livez")).status);
  for (let times = 0; times < 2; times++) probes.push((await ask(port, "/readyz")).status);
  enough = true;
  await Promise.all(clients);

  expect(probes).toEqual(Array(4).fill(200));
  const statuses = new Set(answers.map(({ status, retryAfter }) => `${status} ${retryAfter}`));
  expect(statuses).toEqual(new Set(["200 undefined", "503 1"]));
  // Other load on the machine delays the loop, too, so recovery may take a moment.
  for (const path of ["/idle", "/work"]) {
    const again = async (): Promise<number> => {
      answers.push(await ask(port, path));
      return answers.at(-1)?.status ?? 0;
    };
    await expect.poll(again, { timeout: 10_000 }).toBe(200);
  }

  const ended = once(child, "exit");
  child.kill("SIGTERM");
  expect((await ended)[0]).toBe(0);
  const lines = errors()
    .split("\n")
    .filter((line) => line.includes("overload"))
    .map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({ level: "warn", eventLoopDelay: expect.any(Number) });
  const refusedInLog = lines.reduce((sum, { refused = 0 }) => sum + refused, 0);
  expect(refusedInLog).toBe(answers.filter(({ status }) => status === 503).length);
}, 60_000);
