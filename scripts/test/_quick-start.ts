/** Uses the quick start as a client. */
import { expect } from "vitest";
import { startProgram } from "./_program.ts";

/** Starts the program, sends the two requests of the quick start, and stops it. */
export async function quickStart(command: readonly string[], cwd: string): Promise<void> {
  const program = await startProgram(command, { cwd, env: { NODE_OPTIONS: undefined } });

  const status = await fetch(`${program.origin}/api/status`);
  expect(await status.json()).toEqual({ status: "ok" });
  const echo = await fetch(`${program.origin}/api/echo`, { method: "POST", body: '{"a":1}' });
  expect(await echo.json()).toEqual({ received: { a: 1 } });

  expect(await program.stop("SIGTERM")).toBe(0);
  // require() of an ES module prints a warning on some early Node versions, which users would see in their logs.
  expect(program.output()).not.toContain("Warning");
}
