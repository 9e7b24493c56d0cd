import { expect, test } from "vitest";
import { Running } from "./_cluster-child.ts";

test("a program that only injects requests forks nothing, and ends by itself", async () => {
  const running = new Running("_fixtures/inject.ts", { PACKETRON_LOG_LEVEL: "debug" });
  const [line] = await running.hear("injected");
  expect(line).toMatchObject({ role: "primary", length: 512 * 1024, status: 200 });
  expect(await running.ended).toEqual({ code: 0, signal: null });
  expect(running.errors).toBe("");
});
