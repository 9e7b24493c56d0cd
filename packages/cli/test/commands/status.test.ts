import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type ControlledServer, openControl } from "../../../core/src/control/server.ts";
import { runCommandLine } from "../../src/run.ts";
import { makeTerminal } from "../_terminal.ts";

const silent = (): void => undefined;

/** A program in this process. The figure `requests` in its status counts how often the status was requested. */
async function open(): Promise<{ asked(): number; close(): Promise<void> }> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "status-"));
  vi.stubEnv("TMPDIR", folder);
  let asked = 0;
  const load = { cpu: 0, rss: 0, eventLoopDelay: 0, connections: 0, upgraded: 0, inFlight: 0 };
  const server: ControlledServer = {
    role: "primary",
    log: { debug: silent, info: silent, warn: silent, error: silent },
    address: () => null,
    status: () => {
      asked += 1;
      const identity = { id: 1, pid: 7, generation: 1, state: "ready", startedAt: 0, restarts: 0 } as const;
      const workers = [{ ...identity, ...load, requests: asked }];
      return { pid: 1, generation: 1, addresses: [], startedAt: 0, workers };
    },
    sharedStatus: () => null,
    liveRoutes: async () => [],
    resolvers: () => [],
    reload: async () => ({ ok: true, generation: 1 }),
    profile: async () => ({ ok: false, reason: "no profile" }),
  };
  const close = await openControl(server);
  onTestFinished(async () => {
    await close();
    vi.unstubAllEnvs();
    process.exitCode = undefined;
    rmSync(folder, { recursive: true });
  });
  return { asked: () => asked, close };
}

test("on a terminal, the table is redrawn over its own lines each second, and other lines stay", async () => {
  const program = await open();
  const { terminal, out } = makeTerminal({ live: true, columns: 60 });
  const watching = runCommandLine(["status"], terminal);
  await vi.waitFor(() => expect(program.asked()).toBe(2), { timeout: 5_000 });
  await program.close();
  await watching;
  expect(process.exitCode).toBe(0);
  const [first = "", second = ""] = out().split("\u001b[3F\u001b[J");
  expect(first.split("\n")).toHaveLength(4);
  expect(second).toContain("no longer answers\n");
  expect(out()).not.toContain("\u001b[2J");
  for (const line of first.split("\n")) expect(line.length).toBeLessThanOrEqual(60);
});

test.each([[["--once"]], [["--json"]]])(
  "with %j, the status is printed once, also on a terminal",
  async (words) => {
    const program = await open();
    const { terminal, out } = makeTerminal({ live: true });
    await runCommandLine(["status", ...words], terminal);
    expect(program.asked()).toBe(1);
    expect(out()).not.toContain("\u001b");
  },
);
