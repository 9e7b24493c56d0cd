import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";
import { idleUfw, standIns, tables } from "../_stand-ins.ts";

const app = fixtureFile("firewall/firewall-app");

test("in a cluster, only the primary opens the port, once, and closes it on stop()", async () => {
  const made = standIns({ ufw: idleUfw, iptables: tables, ip6tables: tables });
  const child = spawn(process.execPath, [app], {
    env: { PATH: made.machine.path, PACKETRON_LOG_LEVEL: "warn" },
    stdio: ["pipe", "pipe", "inherit"],
    detached: true, // in its own process group, so that the end of the test can kill the workers, too
  });
  onTestFinished(() => {
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), "SIGKILL");
  });
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  const port = String(line).trim();
  const input = ["INPUT", "-p", "tcp", "--dport", port, "-j", "ACCEPT"];
  const opened = [
    ["ufw", "status"],
    ["iptables", "-w", "-C", ...input],
    ["iptables", "-w", "-I", ...input],
    ["ip6tables", "-w", "-C", ...input],
    ["ip6tables", "-w", "-I", ...input],
  ];
  await vi.waitFor(() => expect(made.calls()).toEqual(opened), 10_000);
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  expect(await answer.json()).toEqual({ worker: expect.toSatisfy((id: number) => id > 0) });

  child.stdin.end();
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
  expect(made.calls().slice(opened.length).toSorted()).toEqual([
    ["ip6tables", "-w", "-D", ...input],
    ["iptables", "-w", "-D", ...input],
  ]);
  expect(new Set(made.callers())).toEqual(new Set([child.pid]));
});
