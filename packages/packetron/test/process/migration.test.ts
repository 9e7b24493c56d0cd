/**
 * The pages in `docs/migration`: the programs of each pair get the same requests, and their answers are compared. What a
 * page lists as a silent difference is tried on both servers.
 *
 * The original cannot be installed from npm, so its page has no pairs here: `original.test.ts` runs the programs of its
 * README on Packetron.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { runCurl, sendCurl } from "../../../core/test/process/_curl.ts";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";
import type { Exchange } from "../../../core/test/process/_programs.ts";
import { type Case, expressCases, fastifyCases, honoCases } from "./_migration-cases.ts";
import {
  createPairFolder,
  isCluster,
  isTest,
  type Modules,
  peers,
  readPairs,
  serveModules,
  silentDifferences,
  writeModules,
} from "./_pairs.ts";

const run = promisify(execFile);

const cases: Readonly<Record<string, readonly Case[]>> = {
  Express: expressCases,
  Fastify: fastifyCases,
  Hono: honoCases,
};

/** The headers of an answer that are compared. The others are about the connection, or the pages name their difference. */
const COMPARED = [
  "accept-ranges",
  "access-control-allow-credentials",
  "access-control-allow-origin",
  "cache-control",
  "content-disposition",
  "content-range",
  "content-type",
  "location",
  "retry-after",
  "vary",
  "x-served-by",
];

/** JSON has no other charset (RFC 8259, section 8.1): a type with it and one without it are the same. */
const JSON_CHARSET = /^(application\/json); charset=utf-8$/;

/** The row about several processes: the servers of this test are in one. */
const NOT_TRIED = ["Processes"];

const folder = createPairFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(peers)("$page", (peer) => {
  const differences = cases[peer.name] ?? [];
  const pairs = readPairs(peer);
  const served = pairs.filter((pair) => !isTest(pair) && !isCluster(pair));
  const paths = new Map(served.map((pair) => [pair.title, writeModules(pair, peer, folder)]));
  const fixture = {
    there: fixtureFile(`packetron/migration/${peer.name.toLowerCase()}`),
    here: fixtureFile("packetron/migration/packetron"),
  };
  let modules: Modules;

  beforeAll(async () => {
    const all = [...paths.values(), fixture].flatMap(({ there, here }) => [there, here]);
    modules = await serveModules(all, folder);
  });
  afterAll(() => modules.stop());

  test("has two programs and a request in each pair", () => {
    const incomplete = pairs.filter(
      (pair) =>
        pair.there === "" ||
        pair.here === "" ||
        (!isTest(pair) && pair.same.length + pair.different.there.length === 0),
    );
    expect(pairs.length).toBeGreaterThan(7);
    expect(incomplete).toEqual([]);
  });

  test.each(served.filter(({ same }) => same.length > 0))(
    "$title: the same answers",
    async ({ title, same }) => {
      for (const exchange of same) {
        const there = await ask(exchange, paths.get(title)?.there);
        const here = await ask(exchange, paths.get(title)?.here);
        expect({ ...exchange, ...here }).toEqual({ ...exchange, ...there });
      }
    },
  );

  test.each(served.filter(({ different }) => different.there.length + different.here.length > 0))(
    "$title: the answers differ as the page shows",
    async ({ title, different }) => {
      for (const exchange of different.there) await ask(exchange, paths.get(title)?.there);
      for (const exchange of different.here) await ask(exchange, paths.get(title)?.here);
    },
  );

  test.each(pairs.filter(isTest))("$title: both pass as tests of node:test", async ({ there, here }) => {
    const files = Object.entries({ there, here }).map(([side, code]) => {
      const file = join(folder, `${peer.name}-${side}.test.mjs`);
      writeFileSync(file, code);
      return file;
    });
    await run(process.execPath, ["--test", ...files], { cwd: folder });
  });

  test.each(pairs.filter(isCluster))(
    "$title: a request under way is answered",
    async ({ there, here, same }) => {
      for (const [side, code] of Object.entries({ there, here })) {
        const file = join(folder, `${peer.name}-${side}-cluster.mjs`);
        writeFileSync(file, toClusterProgram(code));
        for (const exchange of same) await expectCleanStop(file, exchange);
      }
    },
  );

  test("has a case for each row of silent differences", () => {
    const rows = silentDifferences(peer.page).filter((row) => !NOT_TRIED.includes(row));
    expect(rows).toEqual([...new Set(differences.map(({ subject }) => subject))]);
  });

  test.each(differences)("$subject: $path", async (difference) => {
    for (const side of ["there", "here"] as const) {
      const answer = await send(difference, modules.port(fixture[side]));
      const expected = difference[side];
      if (expected.status !== undefined) expect([side, answer.status]).toEqual([side, expected.status]);
      if (expected.body !== undefined) expectText(answer.body, expected.body);
      for (const [name, value] of Object.entries(expected.headers ?? {})) {
        if (value === null) expect(answer.headers).not.toHaveProperty(name);
        else expectText(answer.headers[name], value);
      }
    }
  });

  /** Sends the request of a page to a program, expects the lines that the page shows, and returns what is compared. */
  async function ask(exchange: Exchange, path = ""): Promise<object> {
    const { status, headers, body, lines } = await sendCurl(exchange.command, modules.port(path), folder);
    const shown = exchange.output.map((line) =>
      expect.stringMatching(new RegExp(`^${escapePattern(line).replaceAll("…", ".*")}$`, "i")),
    );
    expect({ path, lines }).toEqual({ path, lines: expect.arrayContaining(shown) });
    const compared: Record<string, string> = Object.fromEntries(
      Object.entries(headers)
        .filter(([name]) => COMPARED.includes(name) && peer.other?.includes(name) !== true)
        .map(([name, value]) => [name, String(value).toLowerCase().replace(JSON_CHARSET, "$1")]),
    );
    if (status < 300 || exchange.output.includes(body)) return { status, body, ...compared };
    // The pages name the difference of the bodies that the servers give to redirects and errors by themselves.
    const { "content-type": _type, vary: _vary, ...rest } = compared;
    return { status, ...rest };
  }
});

/** Sends the request of a case. The path is sent as it is. */
async function send(
  { path, method = "GET", headers, body }: Case,
  port: number,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  const outgoing = httpRequest({ host: "127.0.0.1", port, path, method, headers, agent: false });
  outgoing.on("error", () => {}); // a server may close after its 413, while the body is still sent
  outgoing.end(body);
  const [response] = await once(outgoing, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return {
    status: response.statusCode,
    headers: response.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

function expectText(actual: unknown, expected: string | RegExp): void {
  if (typeof expected === "string") expect(actual).toBe(expected);
  else expect(actual).toMatch(expected);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** A program with two workers that prints its port, and a line while a request is handled. */
function toClusterProgram(code: string): string {
  return code
    .replace(
      "serve({ fetch: app.fetch, port: 3000 })",
      "serve({ fetch: app.fetch, port: 0 }, ({ port }) => console.log('port ' + port + ';'))",
    )
    .replace(
      "await app.listen({ port: 3000 });",
      "await app.listen({ port: 0 });\nconsole.log('port ' + app.server.address().port + ';');",
    )
    .replace("availableParallelism()", "2")
    .replace("port: 3000", 'host: "127.0.0.1", port: 0')
    .replace("app.listen(3000)", "app.listen(0, () => console.log('port ' + listener.address().port + ';'))")
    .replace(
      /(?<=await server\.start\(\);)/,
      "\nif (server.isPrimary) console.log('port ' + server.port + ';');",
    )
    .replace(/setTimeout\((?=resolve|\(\) => re)/, 'console.log("in flight;") ?? setTimeout(');
}

/** Starts a program, sends a request, stops the program while it is handled, and expects the answer and exit code 0. */
async function expectCleanStop(file: string, exchange: Exchange): Promise<void> {
  const child = spawn(process.execPath, [file], {
    cwd: folder,
    env: { ...process.env, PACKETRON_THREADS: "2", TMPDIR: folder, TEMP: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit");
  let output = "";
  child.stderr.on("data", (chunk) => {
    output += String(chunk);
  });
  const line = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      ended.then(() => reject(new Error(`the program ended:\n${output}`)), reject);
      const look = (): void => {
        const found = pattern.exec(output);
        if (found !== null) resolve(found[1] ?? "");
      };
      child.stdout.on("data", (chunk) => {
        output += String(chunk);
        look();
      });
      look();
    });
  const port = Number(await line(/port (\d+);/));
  const answer = runCurl(exchange.command, port, folder);
  await line(/(in flight);/);
  child.kill("SIGTERM");
  expect(await answer).toEqual(exchange.output);
  expect(await ended, output).toEqual([0, null]);
}
