import { expect, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";

test("a third-party cache answers the second request, and the server stops with exit code 0", async () => {
  const program = await startExample("response-cache");
  const get = async (path: string): Promise<unknown> => (await fetch(`${program.origin}/${path}`)).json();
  expect(await get("report/2026")).toEqual({ year: "2026", runs: 1 });
  expect(await get("report/2026")).toEqual({ year: "2026", runs: 1 });
  expect(await get("report/2027")).toEqual({ year: "2027", runs: 2 });
  expect(await get("counts")).toEqual({ hits: 1, kept: 2, aborted: 0 });
  expect(await program.stop()).toBe(0);
});
