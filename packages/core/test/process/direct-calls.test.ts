import { expect, test } from "vitest";
import { Running } from "./_cluster-child.ts";

/** The names of the functions of `direct/` that a server calls. */
async function calledWith(dispatch: "direct" | "standard"): Promise<unknown> {
  // Not bundled: the program finds the functions by the files of the sources.
  const program = new URL("_fixtures/direct-calls.ts", import.meta.url).href;
  const running = new Running(program, { PACKETRON_DISPATCH: dispatch });
  const [line] = await running.hear("called");
  return line?.["called"];
}

test("standard dispatch calls no function of direct dispatch", async () => {
  expect(await calledWith("standard")).toEqual([]);
});

test("direct dispatch calls some of them, so the test above can detect calls", async () => {
  expect(await calledWith("direct")).toEqual(expect.arrayContaining(["createDirectDispatch", "send"]));
});
