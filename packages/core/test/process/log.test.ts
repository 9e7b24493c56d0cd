import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { fixtureFile } from "./_fixture-file.ts";

const FIXTURE = fixtureFile("core/log-flood");

function start(argument: string, stdio: StdioOptions = ["ignore", "pipe", "pipe"]): ChildProcess {
  const child = spawn(process.execPath, [FIXTURE, argument], { stdio });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function outcome(child: ChildProcess): Promise<{ code: unknown; slowest: number; stdout: string }> {
  const [stdout, [code]] = await Promise.all([text(child.stdout ?? Readable.from([])), once(child, "exit")]);
  return { code, stdout, slowest: Number(/slowest ([\d.]+)/.exec(stdout)?.[1]) };
}

test("a reader that never reads does not block a log call or the exit of the process", async () => {
  const { code, slowest, stdout } = await outcome(start("exit"));
  expect(stdout).not.toContain("uncaught");
  expect(code).toBe(0);
  expect(slowest).toBeLessThan(1000);
});

test("a reader that has closed the pipe does not end the process", async () => {
  const child = start("");
  child.stderr?.destroy();
  const { code, stdout } = await outcome(child);
  expect(stdout).toMatch(/^slowest /);
  expect(code).toBe(0);
});

test.skipIf(process.platform === "win32")("an unread pipe does not block either", async () => {
  const command = `"${process.execPath}" "${FIXTURE}" exit 2>&1 >&3 3>&- | sleep 20`;
  const child = spawn("sh", ["-c", command], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    detached: true,
  });
  onTestFinished(() => void process.kill(-(child.pid ?? 0), "SIGKILL"));
  const output = child.stdio[3];
  if (!(output instanceof Object) || !("on" in output)) throw new Error("no third pipe");
  const [line] = await once(output, "data");
  expect(String(line)).toMatch(/^slowest /);
});

test.skipIf(process.platform !== "linux").each([
  ["is closed", "2>&-"],
  ["is a device that is full", "2>/dev/full"],
  ["is closed, and so are stdin and stdout", "2>&- >&- <&-"],
])("a program whose stderr %s runs to its end", async (_name, redirection) => {
  const command = `"${process.execPath}" "${FIXTURE}" "" ${redirection}; echo code $? >&3`;
  const child = spawn("sh", ["-c", command], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const output = child.stdio[3];
  if (!(output instanceof Readable)) throw new Error("no third pipe");
  expect(await text(output)).toBe("code 0\n");
});

test.each([
  ["process.exit()", "exit", 0],
  ["an unhandled rejection", "throw", 1],
])(
  "the last lines before %s reach a slow reader, with the number of lines left out",
  async (_name, argument, status) => {
    const child = start(argument);
    const output = text(child.stdout ?? Readable.from([]));
    await once(child.stdout ?? child, "data"); // it has logged everything; the pipe is full
    const [stderr, [code]] = await Promise.all([
      text(child.stderr ?? Readable.from([])),
      once(child, "exit"),
      output,
    ]);
    const lines = stderr.split("\n").map((line) => line.replace(/x+/, "x"));
    expect(code).toBe(status);
    expect(lines.some((line) => line.includes("ERROR [worker 1] last words"))).toBe(true);
    expect(
      lines.some((line) => /WARN {2}\[worker 1\] Log lines were left out .* count=\d+$/.test(line)),
    ).toBe(true);
  },
);

test("a file gets every line, complete and in order", async () => {
  const directory = mkdtempSync(join(tmpdir(), "packetron-log-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = openSync(join(directory, "err.txt"), "w");
  const { code } = await outcome(start("", ["ignore", "pipe", file]));
  closeSync(file);
  const lines = readFileSync(join(directory, "err.txt"), "utf8").trimEnd().split("\n");
  expect(code).toBe(0);
  expect(lines).toHaveLength(2001);
  expect(lines.at(-1)).toContain("ERROR [worker 1] last words");
});
