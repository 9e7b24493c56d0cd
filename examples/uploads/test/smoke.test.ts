import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";

test("a file arrives on disk, a form without one and a too large one are refused, and the server stops with exit code 0", async () => {
  const folder = mkdtempSync(join(tmpdir(), "packetron-uploads-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const program = await startExample("uploads", { FOLDER: folder, MAX_FILE_SIZE: "1000" });
  const send = async (size?: number): Promise<readonly [status: number, body: unknown]> => {
    const body = new FormData();
    if (size === undefined) body.append("file", "a text");
    else body.append("file", new Blob([Buffer.alloc(size, 7)]), "../seven.bin");
    const answer = await fetch(`${program.origin}/files`, { method: "POST", body });
    return [answer.status, await answer.json()];
  };
  expect(await send(1_000)).toEqual([200, { name: "seven.bin", size: 1_000 }]);
  expect(await send(1_001)).toMatchObject([413, { limit: "maxFileSize", maximum: 1_000 }]);
  expect(await send()).toMatchObject([400, { status: 400 }]);
  const files = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
  expect(files.map((path) => readFileSync(path))).toEqual([Buffer.alloc(1_000, 7)]);
  expect(await program.stop()).toBe(0);
});
