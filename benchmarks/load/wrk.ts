/** Load by wrk. It is written in C, so one core of load saturates one core of every contestant. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ScenarioRequest } from "../scenarios/scenario.ts";
import { LoadError, type LoadGenerator, type LoadOrder, type LoadResult } from "./load.ts";
import { runProgram } from "./run-program.ts";

/** The generator wrk; `null` when it is not installed. */
export function findWrk(): LoadGenerator | null {
  // wrk prints its version in the first line of its help, with an exit code other than 0.
  const { stdout } = spawnSync("wrk", ["-v"]);
  const version = /^wrk (\S+)/.exec(stdout?.toString() ?? "")?.[1];
  return version === undefined ? null : { name: `wrk ${version.replace(/^debian\//, "")}`, run: runWrk };
}

async function runWrk(order: LoadOrder): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), "packetron-wrk-"));
  try {
    const script = join(folder, "load.lua");
    writeFileSync(script, writeScript(order));
    const { connections, duration, port } = order;
    const options = ["-t1", `-c${connections}`, `-d${duration}s`, "--timeout", "10s", "-s", script];
    const command = ["wrk", ...options, `http://127.0.0.1:${port}`] as const;
    return readSummary(await runProgram(command, order.core, (duration + 20) * 1000), order);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The Lua script for wrk: it builds the requests once, sends them in turn, and prints a summary as JSON. */
export function writeScript({ requests, pipelining }: Pick<LoadOrder, "requests" | "pipelining">): string {
  const prepared = requests.map((request) => `  string.rep(${writeRequest(request)}, ${pipelining}),`);
  return [
    "local wrong, turn, requests = 0, 0, nil",
    "function init(args)",
    "  requests = {",
    ...prepared,
    "  }",
    "end",
    "function request()",
    "  turn = turn % #requests + 1",
    "  return requests[turn]",
    "end",
    "function done(summary, latency)",
    '  local text = \'{"answers":%d,"microseconds":%d,"p50":%d,"p99":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\'',
    "  local e = summary.errors",
    "  io.write('\\nsummary ' .. text:format(summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),",
    "    e.connect, e.read, e.write, e.status, e.timeout) .. '\\n')",
    "end",
    "",
  ].join("\n");
}

function writeRequest({ method, path, headers = {}, body }: ScenarioRequest): string {
  const fields = Object.entries(headers).map(([name, value]) => `[${quote(name)}]=${quote(value)}`);
  const parts = [
    quote(method),
    quote(path),
    `{${fields.join(", ")}}`,
    body === undefined ? "nil" : quote(body),
  ];
  return `wrk.format(${parts.join(", ")})`;
}

/** A Lua string literal with decimal escapes such as `\\010`. */
function quote(text: string): string {
  return `"${text.replace(/["\\\n\r\0]/g, (character) => `\\${String(character.charCodeAt(0)).padStart(3, "0")}`)}"`;
}

/** Parses the summary that the script has printed. @throws LoadError */
export function readSummary(output: string, { status }: Pick<LoadOrder, "status">): LoadResult {
  const summary: Record<string, number> = JSON.parse(/^summary (.+)$/m.exec(output)?.[1] ?? "{}");
  const { answers = 0, microseconds = 0, p50 = 0, p99 = 0 } = summary;
  // wrk counts statuses of 400 and above as errors.
  const wrongStatus = status >= 400 ? answers - (summary.status ?? 0) : (summary.status ?? 0);
  const broken = (summary.connect ?? 0) + (summary.write ?? 0) + (summary.timeout ?? 0) + (summary.read ?? 0);
  if (answers === 0 || wrongStatus > 0 || broken > 0)
    throw new LoadError(`wrk met errors:\n${output.trim()}`);
  return { answers, seconds: microseconds / 1e6, p50: p50 / 1000, p99: p99 / 1000 };
}
