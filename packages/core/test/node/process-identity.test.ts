import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { ownIdentity, stateOfProcess } from "../../src/node/process-identity.ts";

const hasProc = existsSync("/proc/self/stat");

test("this process is alive, by an identity of letters and digits that does not change", () => {
  const self = ownIdentity();
  expect(self).toBe(ownIdentity());
  expect(self.pid).toBe(process.pid);
  for (const part of [self.boot, self.namespace, self.start]) expect(part).toMatch(/^[a-z0-9]+$/);
  expect(stateOfProcess(self)).toBe("alive");
});

test("a process that has ended is dead", async () => {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  const { pid = 0 } = child;
  await once(child, "exit");
  expect(stateOfProcess({ ...ownIdentity(), pid, start: "1" })).toBe("dead");
});

test.runIf(hasProc)("another process that has got the same id is not the same process", () => {
  expect(stateOfProcess({ ...ownIdentity(), start: "1" })).toBe("dead");
});

test("without a start time the id decides", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  const identity = { ...ownIdentity(), pid: child.pid ?? 0, start: "0" };
  expect(stateOfProcess(identity)).toBe("alive");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(stateOfProcess(identity)).toBe("dead");
});

test("a process of another boot or container has a state of its own", () => {
  expect(stateOfProcess({ ...ownIdentity(), boot: "before" })).toBe("other-boot");
  expect(stateOfProcess({ ...ownIdentity(), namespace: "1" })).toBe("other-namespace");
});
