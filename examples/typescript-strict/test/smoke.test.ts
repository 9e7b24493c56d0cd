import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";

const folder = join(import.meta.dirname, "..");

test("the project compiles with its own strict options, and each mistake in mistakes.ts is found", {
  timeout: 60_000,
}, async () => {
  const compiled = await promisify(execFile)(join(folder, "node_modules/.bin/tsc"), ["--singleThreaded"], {
    cwd: folder,
  }).catch((error: unknown) => error);
  expect(compiled).toEqual({ stdout: "", stderr: "" });
});

test("the same files run, check what arrives, and stop with exit code 0", async () => {
  const program = await startExample("typescript-strict");
  const put = async (token: string, body: unknown): Promise<readonly [number, unknown]> => {
    const answer = await fetch(`${program.origin}/notes/7`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    return [answer.status, await answer.json()];
  };
  const note = { text: "milk", tags: ["shop"] };
  expect(await put("ada-token", note)).toEqual([200, { ...note, author: "Ada" }]);
  expect((await put("bob-token", note))[0]).toBe(403);
  expect((await put("guess", note))[0]).toBe(401);
  expect(await put("ada-token", { text: 7 })).toMatchObject([
    400,
    { errors: [{ in: "body", path: "text" }] },
  ]);
  for (const [path, expected] of [
    ["notes/7", { ...note, author: "Ada" }],
    ["notes?tag=shop&limit=1", [{ ...note, author: "Ada" }]],
    ["notes?tag=home", []],
  ])
    expect(await (await fetch(`${program.origin}/${path}`)).json()).toEqual(expected);
  expect((await fetch(`${program.origin}/notes/8`)).status).toBe(404);
  expect(await program.stop()).toBe(0);
});
