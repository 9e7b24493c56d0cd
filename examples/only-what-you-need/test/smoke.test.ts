import { expect, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";

test("core with one capability reads JSON, refuses invalid JSON, and stops with exit code 0", async () => {
  const program = await startExample("only-what-you-need");
  const put = (body: string): Promise<Response> =>
    fetch(`${program.origin}/notes/7`, { method: "PUT", body });

  expect(await (await put('{"text":"milk"}')).json()).toEqual({ id: "7", note: { text: "milk" } });
  expect((await put("{broken")).status).toBe(400);

  expect(await program.stop()).toBe(0);
});
