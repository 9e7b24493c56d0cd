import { expect, test } from "vitest";
import { ask } from "../_raw.ts";
import { Running } from "./_cluster-child.ts";

test("a batched answer is flushed when its handler then exits the process", async () => {
  const running = new Running("_fixtures/exit-after-answer.ts", {});
  const [line] = await running.hear("started");
  const { status, body } = await ask(
    { port: Number(line?.["port"]) },
    "GET /exit HTTP/1.1\r\nHost: x\r\n\r\n",
  );
  expect([status, String(body)]).toEqual([200, "finished: false"]);
});
