import { expect, test } from "vitest";
import { LoadError } from "../../load/load.ts";
import { runProgram } from "../../load/run-program.ts";

const node = (script: string) => [process.execPath, "-e", script] as const;

test("a program that succeeds gives its output", async () => {
  expect(await runProgram(node("console.log('load')"), null, 10_000)).toBe("load\n");
});

test.each([
  ["fails", node("throw new Error('no load')"), "no load"],
  ["takes too long", node("setInterval(() => {}, 1000)"), "Command failed"],
])("a program that %s gives a LoadError", async (_what, command, message) => {
  const running = runProgram(command, null, 1_000);
  await expect(running).rejects.toBeInstanceOf(LoadError);
  await expect(running).rejects.toThrow(message);
});
