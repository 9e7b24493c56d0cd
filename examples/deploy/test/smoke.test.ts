import { expect, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";

test("the deployed server answers its probes, fails readiness while it still serves, and stops with exit code 0", async () => {
  const program = await startExample("deploy", { PRE_DRAIN_DELAY: "1500" });
  const status = async (path: string): Promise<number> =>
    (await fetch(`${program.origin}${path}`, { headers: { connection: "close" } })).status;
  expect(await Promise.all(["/livez", "/readyz", "/"].map(status))).toEqual([200, 200, 200]);

  const stopped = program.stop();
  await expect.poll(() => status("/readyz"), { timeout: 1_400, interval: 20 }).toBe(503);
  expect(await Promise.all(["/livez", "/"].map(status))).toEqual([200, 200]);
  expect(await stopped).toBe(0);
});
