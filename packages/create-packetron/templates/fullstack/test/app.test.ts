import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createApp } from "../src/app.ts";

const uploads = await mkdtemp(join(tmpdir(), "uploads-"));
after(() => rm(uploads, { recursive: true }));

process.env.UPLOADS = uploads;
const server = createApp();

test("the page, its script and its style are served", async () => {
  for (const [path, type] of [
    ["/", "text/html"],
    ["page.js", "text/javascript"],
    ["style.css", "text/css"],
  ] as const) {
    const answer = await server.inject({ path });
    assert.equal(answer.status, 200);
    assert.match(String(answer.headers["content-type"]), new RegExp(type));
  }
});

test("an upload is stored, and an open page gets an event", async () => {
  const page = await server.fetch(new Request("http://localhost/events"));
  assert.ok(page.body);
  const events = page.body.pipeThrough(new TextDecoderStream()).getReader();
  assert.match((await events.read()).value ?? "", /"hello"/);

  const form = new FormData();
  form.append("file", new Blob(["12345"]), "five.txt");
  const answer = await server.fetch(new Request("http://localhost/uploads", { method: "POST", body: form }));
  assert.deepEqual(await answer.json(), { stored: [{ filename: "five.txt", size: 5 }] });

  assert.match((await events.read()).value ?? "", /"five\.txt"/);
  await events.cancel();
  const stored = await readdir(uploads);
  assert.ok(stored.some((file) => file.startsWith("five")));
});

test("a request that is not a form is refused", async () => {
  const answer = await server.inject({ method: "POST", path: "uploads", body: { a: 1 } });
  assert.equal(answer.status, 415);
});
