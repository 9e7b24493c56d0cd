import { expect, test } from "vitest";
import { Running } from "./_cluster-child.ts";

test("closed connections are freed by collections of young objects, and do not wait for a full one", async () => {
  const running = new Running("_fixtures/short-lives.ts", {}, ["--max-semi-space-size=1"]);
  const [line] = await running.hear("grown");
  // Each has more than 8,000 bytes. With a Map in place of the list, the heap grows by 840 and more for each.
  expect(Number(line?.["bytes"])).toBeLessThan(550);
});
