import type { ApplicationStatus, WorkerStatus } from "@packetron/core/control";
import { describe, expect, test } from "vitest";
import { formatDuration, statusLines } from "../src/status-table.ts";
import { painter } from "../src/terminal.ts";

const paint = painter(false);
const MINUTE = 60_000;

function worker(changes: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    id: 1,
    pid: 101,
    generation: 2,
    state: "ready",
    startedAt: 0,
    cpu: 6_000_000,
    rss: 64 * 1024 * 1024,
    eventLoopDelay: 1.6,
    connections: 3,
    upgraded: 0,
    requests: 600,
    inFlight: 1,
    restarts: 0,
    ...changes,
  };
}

function application(workers: readonly WorkerStatus[]): ApplicationStatus {
  const addresses = [
    { address: "127.0.0.1", family: "IPv4", port: 3000 },
    { address: "::", family: "IPv6", port: 3001 },
    { address: "/run/app.sock", family: "Unix", port: 0 },
  ];
  return { name: "api", pid: 100, node: "v24.1.0", generation: 2, addresses, startedAt: 0, workers };
}

describe("the table of workers", () => {
  test("shows the application, and each worker's average figures since its start", () => {
    const status = application([worker(), worker({ id: 2, pid: 102, state: "draining", restarts: 4 })]);
    expect(statusLines(status, { now: MINUTE, paint })).toEqual([
      "api  127.0.0.1:3000  [::]:3001  /run/app.sock  pid 100  generation 2  up 1m 0s  v24.1.0",
      "worker  pid  gen  state        up   cpu  memory  delay  conns  requests  req/s  busy  restarts",
      "     1  101    2  ready     1m 0s  10 %  64 MiB   2 ms      3       600     10     1         0",
      "     2  102    2  draining  1m 0s  10 %  64 MiB   2 ms      3       600     10     1         4",
    ]);
  });

  test("shows how many connections are WebSockets or of another protocol", () => {
    const status = application([worker({ connections: 120, upgraded: 40 }), worker({ id: 2, pid: 102 })]);
    const lines = statusLines(status, { now: MINUTE, paint });
    expect(lines[2]).toContain(" 120 (40 upgraded)  ");
    expect(lines[3]).not.toContain("upgraded");
  });

  test("shows what the processes share, below the workers", () => {
    const figures = { granted: 12, refused: 3, locks: 1, values: 40, bytes: 1_572_864 };
    const shared = [
      { by: "@packetron/core", state: "up", figures },
      { by: "@packetron/redis", state: "down", figures: null },
    ] as const;
    const lines = statusLines({ ...application([worker()]), shared }, { now: 1, paint: painter(true) });
    expect(lines.slice(3)).toEqual([
      "shared  @packetron/core up  leases 12 granted, 3 refused  locks 1 held  values 40, 1536 KiB",
      "shared  @packetron/redis down",
    ]);
  });

  test("shows figures since the previous status, when there was one", () => {
    const before = { status: application([worker()]), at: MINUTE };
    const status = application([worker({ cpu: 6_500_000, requests: 700 }), worker({ id: 2, pid: 102 })]);
    const [, , first = "", second = ""] = statusLines(status, { now: MINUTE + 1_000, before, paint });
    expect(first).toMatch(/ 50 % .* 700 +100 /);
    expect(second).toMatch(/ 10 % .* 600 +10 /); // a new worker: average since its start
  });

  test("shows no worker number for the one process of an application without workers", () => {
    const [, , row = ""] = statusLines(application([worker({ id: 0 })]), { now: 1, paint });
    expect(row).toMatch(/^ +– +101 /);
  });

  test("is cut to the width of the terminal, so that redrawing covers the same lines", () => {
    const lines = statusLines(application([worker()]), { now: 1, paint: painter(true), columns: 20 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes of colours
    for (const line of lines) expect(line.replace(/\u001b\[\d+m/g, "").length).toBeLessThanOrEqual(20);
  });

  test("shows in colour whether a worker serves", () => {
    const view = { now: 1, paint: painter(true) };
    expect(statusLines(application([worker()]), view)[2]).toContain("\u001b[32mready\u001b[39m");
    expect(statusLines(application([worker({ state: "starting" })]), view)[2]).toContain(
      "\u001b[31mstarting\u001b[39m",
    );
  });
});

test.each([
  [0, "0s"],
  [-5, "0s"],
  [59_999, "59s"],
  [61_000, "1m 1s"],
  [3_600_000, "1h 0m"],
  [90_000_000, "1d 1h"],
])("a duration of %i ms is shown as %s", (duration, text) => {
  expect(formatDuration(duration)).toBe(text);
});
