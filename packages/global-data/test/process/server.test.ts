/** Servers with one process and with two: the answers and the log lines for a damaged file and for a large one. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";
import { type Places, placesOf } from "../../src/directory.ts";
import { createParent, listFiles, openValues, WRITING } from "../_folder.ts";
import { Client } from "./_clients.ts";

interface Answer {
  readonly status: number;
  readonly body: { readonly pid?: number; readonly value?: unknown };
}

const REQUESTS = 24;

describe.each([1, 2])("with %d serving process(es)", (threads) => {
  test("the call that finds a damaged file fails, later calls find an empty store, and the log has one line", async () => {
    const { parent, places } = createStore("lost");
    damage(places);
    const { answers, lines } = await askServer(parent, threads);
    expect(answers.filter(({ status }) => status === 500)).toHaveLength(1);
    const others = answers.filter(({ status }) => status === 200);
    expect(others.map(({ body }) => body.value)).toEqual(Array(REQUESTS - 1).fill(null));
    expect(JSON.stringify(answers)).not.toContain("GLOBAL_DATA");
    const errors = lines.filter((line) => line.includes("PKT_GLOBAL_DATA_CORRUPT") && /error/i.test(line));
    expect(errors).toHaveLength(1);
    expect(listFiles(places).filter((name) => name.endsWith(".bson"))).toEqual([
      "default.bson",
      expect.stringMatching(/^default\.corrupt-[\da-f]{24}\.bson$/),
    ]);
  });

  test("each process warns once of a store of 1 MiB, and names a database as the alternative", async () => {
    const { parent } = createStore("x".repeat(2 ** 20));
    const { answers, lines } = await askServer(parent, threads);
    const processes = new Set(answers.map(({ body }) => body.pid));
    expect(processes.size).toBe(threads);
    expect(lines.filter((line) => /warn/i.test(line) && line.includes("a database"))).toHaveLength(threads);
  });
});

test("when processes change a damaged file at the same time, one call of one process fails", async () => {
  const { parent, places } = createStore(7);
  damage(places);
  const clients = Array.from({ length: 4 }, () => new Client(parent));
  await Promise.all(
    clients.map((client) => client.perform({ operation: "increment", key: "key", times: 50, report: true })),
  );
  const reports = clients.flatMap((client) => client.reports);
  const failed = reports.filter(({ what }) => what === "failed");
  expect(failed).toEqual([expect.objectContaining({ code: "PKT_GLOBAL_DATA_CORRUPT" })]);
  expect(openValues(places).get("key")).toBe(4 * 50 - 1);
});

function createStore(value: unknown): { readonly parent: string; readonly places: Places } {
  const parent = createParent();
  const places = placesOf("default", parent);
  const values = openValues(places);
  values.set("key", value, WRITING);
  values.close();
  return { parent, places };
}

function damage({ file }: Places): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 3) ^ 4, bytes.length - 3);
  writeFileSync(file, bytes);
}

/** Starts a server, sends requests on separate connections, stops it, and returns the answers and its log. */
async function askServer(
  parent: string,
  threads: number,
): Promise<{ readonly answers: readonly Answer[]; readonly lines: readonly string[] }> {
  const child = fork(fixtureFile("global-data/server"), [String(threads)], {
    env: { ...process.env, TMPDIR: parent },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const port = await portOf(child, () => log);
  const answers = await Promise.all(Array.from({ length: REQUESTS }, () => ask(port)));
  child.kill("SIGTERM");
  await once(child, "close");
  return { answers, lines: log.split("\n") };
}

function portOf(child: ChildProcess, log: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("message", (port) => resolve(Number(port)));
    child.once("exit", () => reject(new Error(`the server exited: ${log()}`)));
  });
}

function ask(port: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: text === "" ? {} : JSON.parse(text) }),
      );
    }).on("error", reject);
  });
}
