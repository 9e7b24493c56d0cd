import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { pidOf, systemOwners, tokenOf } from "../src/owner.ts";

const owners = systemOwners();
const isLinux = process.platform === "linux";

test("a record names the process, and has fewer than 60 characters, so that a link needs no block on ext4", () => {
  const record = owners.create();
  expect(pidOf(record)).toBe(String(process.pid));
  expect(tokenOf(record)).toMatch(/^[\da-f]{24}$/);
  expect(record.length).toBeLessThan(60);
  expect(owners.create()).not.toBe(record);
});

test("this process is alive", () => {
  expect(owners.stateOf(owners.create())).toBe("alive");
});

test.runIf(isLinux)("a process that runs or is stopped is alive, and a killed one is dead", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  const record = recordOf(child.pid ?? 0);
  expect(owners.stateOf(record)).toBe("alive");
  child.kill("SIGSTOP");
  expect(owners.stateOf(record)).toBe("alive");
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
  expect(owners.stateOf(record)).toBe("dead");
});

describe.runIf(isLinux)("a record of this process's id", () => {
  test.each<[string, number, string, string]>([
    ["with another start time belongs to an earlier process, which is dead", 1, "1", "dead"],
    ["of another boot is dead", 3, "0badb007", "dead"],
    ["of another container is unknown", 2, "zzz", "unknown"],
  ])("%s", (_, part, value, state) => {
    const parts = owners.create().split(".");
    parts[part] = value;
    expect(owners.stateOf(parts.join("."))).toBe(state);
  });
});

test.each(["", "12", "../../etc/passwd", "1.2.3.4.5", `-1.1.1.1.${"a".repeat(24)}`])(
  "%j is not a record",
  (text) => {
    expect(tokenOf(text)).toBeUndefined();
    expect(owners.stateOf(text)).toBe("dead");
  },
);

test("without a start time, as without /proc, the process id alone decides", () => {
  const parts = owners.create().split(".");
  parts[1] = "0";
  expect(owners.stateOf(parts.join("."))).toBe("alive");
  parts[0] = "999999999";
  expect(owners.stateOf(parts.join("."))).toBe("dead");
});

/** The record of another process: its start time from /proc, and the other fields of this process. */
function recordOf(pid: number): string {
  const [, , namespace, boot, token] = owners.create().split(".");
  const start = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ")[19] ?? "";
  return [pid, Number(start).toString(36), namespace, boot, token].join(".");
}
