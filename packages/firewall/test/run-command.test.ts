import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { createRun } from "../src/run-command.ts";
import { askingSudo, hanging, standIns, sudo } from "./_stand-ins.ts";

describe("a command", () => {
  test("runs without sudo when the process is root", async () => {
    const { machine, calls } = standIns({ tool: "echo out; echo err >&2; exit 3" });
    const { code, output } = await createRun(machine)(["tool", "a b", "$HOME", ";", "", "*", "'\""]);
    expect(code).toBe(3);
    expect(output.split("\n").toSorted()).toEqual(["", "err", "out"]);
    expect(calls()).toEqual([["tool", "a b", "$HOME", ";", "", "*", "'\""]]);
  });

  test("runs through sudo -n when the process is not root", async () => {
    const { machine, calls } = standIns({ sudo, tool: "exit 0" }, { uid: 1000 });
    expect(await createRun(machine)(["tool", "x"])).toEqual({ code: 0, output: "" });
    expect(calls()).toEqual([
      ["sudo", "-n", "tool", "x"],
      ["tool", "x"],
    ]);
  });

  test("runs without sudo on Windows", async () => {
    const { machine, calls } = standIns({ netsh: "exit 0" }, { platform: "win32", uid: undefined });
    await createRun(machine)(["netsh"]);
    expect(calls()).toEqual([["netsh"]]);
  });

  test("gets PATH and LC_ALL=C, the root folder as its working directory, no input and no terminal", async () => {
    vi.stubEnv("PACKETRON_SECRET", "x");
    const { machine } = standIns({
      tool: 'set; pwd; read line || echo "no input"; (: </dev/tty) 2>/dev/null || echo "no terminal"',
    });
    const { output } = await createRun(machine)(["tool"]);
    vi.unstubAllEnvs();
    expect(output).toMatch(/^LC_ALL='?C'?$/m);
    expect(output).toContain(machine.path);
    expect(output).not.toContain("PACKETRON_SECRET");
    expect(output).toMatch(/^\/\nno input\nno terminal$/m);
  });

  test("that is absent fails with its name", async () => {
    const { machine } = standIns({});
    await expect(createRun(machine)(["tool"])).rejects.toMatchObject({
      code: "PKT_FIREWALL_MISSING",
      message: expect.stringContaining("tool"),
    });
  });

  test("that needs a missing sudo fails with the name sudo", async () => {
    const { machine } = standIns({ tool: "exit 0" }, { uid: 1000 });
    await expect(createRun(machine)(["tool"])).rejects.toMatchObject({
      code: "PKT_FIREWALL_MISSING",
      message: expect.stringContaining("sudo"),
    });
  });

  test("that sudo does not find fails with its name", async () => {
    const { machine } = standIns({ sudo: 'echo "sudo: tool: command not found" >&2; exit 1' }, { uid: 1000 });
    await expect(createRun(machine)(["tool"])).rejects.toMatchObject({
      code: "PKT_FIREWALL_MISSING",
      message: expect.stringContaining("tool"),
    });
  });

  test("for which sudo requires a password fails with the message of sudo", async () => {
    const { machine } = standIns({ sudo: askingSudo, tool: "exit 0" }, { uid: 1000 });
    await expect(createRun(machine)(["tool"])).rejects.toMatchObject({
      code: "PKT_FIREWALL_FAILED",
      message: expect.stringContaining("a password is required"),
    });
  });

  test("that may not be executed fails", async () => {
    const { machine, file } = standIns({ tool: "exit 0" });
    const { chmodSync } = await import("node:fs");
    chmodSync(file("tool"), 0o644);
    await expect(createRun(machine)(["tool"])).rejects.toMatchObject({ code: "PKT_FIREWALL_FAILED" });
  });

  test("that hangs is killed with its children, and fails within the time limit", async () => {
    const { machine, file } = standIns({ tool: hanging });
    const before = performance.now();
    await expect(createRun(machine)(["tool"], 300)).rejects.toMatchObject({
      code: "PKT_FIREWALL_TIMEOUT",
      message:
        '"tool" did not end within 300 ms and was killed. Open the port by hand, and leave OPEN_FIREWALL out.',
    });
    expect(performance.now() - before).toBeLessThan(2000);
    const pid = Number(readFileSync(file("hanging"), "utf8"));
    await vi.waitFor(() => expect(() => process.kill(-pid, 0)).toThrow("ESRCH"), 5000);
  });

  test("that leaves a child with its output open fails within the time limit, too", async () => {
    const { machine } = standIns({ tool: "/bin/sleep 60 & exit 0" });
    await expect(createRun(machine)(["tool"], 300)).rejects.toMatchObject({ code: "PKT_FIREWALL_TIMEOUT" });
  });

  test("that writes without end is read up to a limit", async () => {
    const line = "x".repeat(1000);
    const { machine } = standIns({ tool: `i=0; while [ $i -lt 1000 ]; do echo ${line}; i=$((i+1)); done` });
    const { code, output } = await createRun(machine)(["tool"], 15_000);
    expect(code).toBe(0);
    expect(output.length).toBe(256 * 1024);
  });

  test.each(["", ":", ".", "relative:./here:"])("is searched in no folder when PATH is %j", async (path) => {
    const { machine, file } = standIns({ tool: ': > "$FOLDER/ran"' });
    await expect(createRun({ ...machine, path })(["tool"])).rejects.toMatchObject({
      code: "PKT_FIREWALL_MISSING",
    });
    expect(existsSync(file("ran"))).toBe(false);
  });

  test("is not searched in a folder relative to the root, its working directory", async () => {
    const { machine, file } = standIns({ tool: ': > "$FOLDER/ran"' });
    const path = `/nonexistent:${machine.path.slice(1)}`;
    await expect(createRun({ ...machine, path })(["tool"])).rejects.toMatchObject({
      code: "PKT_FIREWALL_MISSING",
    });
    expect(existsSync(file("ran"))).toBe(false);
  });

  test("is searched in the absolute folders of PATH only", async () => {
    const { machine, calls } = standIns({ tool: "exit 0" });
    await createRun({ ...machine, path: `:.:${machine.path}:relative` })(["tool"]);
    expect(calls()).toEqual([["tool"]]);
  });
});
