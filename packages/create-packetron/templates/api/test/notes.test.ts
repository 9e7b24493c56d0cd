import assert from "node:assert/strict";
import { test } from "node:test";
import { PacketronServerFlags } from "packetron";
import { createApp } from "../src/app.ts";

/** A server whose notes stay in the memory of this process. */
const server = createApp({ flags: PacketronServerFlags.NO_GLOBAL_DATA });

test("the server says that it is alive", async () => {
  assert.equal((await server.inject({ path: "livez" })).status, 200);
});

test("a note is written, listed, read and deleted", async () => {
  const written = await server.inject({ method: "PUT", path: "notes/milk", body: { text: "two litres" } });
  assert.deepEqual([written.status, written.json()], [200, { text: "two litres" }]);

  const list = await server.inject({ path: "notes" });
  assert.deepEqual(list.json(), { milk: { text: "two litres" } });
  const note = await server.inject({ path: "notes/milk" });
  assert.deepEqual(note.json(), { text: "two litres" });

  assert.equal((await server.inject({ method: "DELETE", path: "notes/milk" })).status, 204);
  assert.equal((await server.inject({ path: "notes/milk" })).status, 404);
});

test("a note without a text is refused", async () => {
  for (const body of [{}, { text: 7 }, { text: "x".repeat(1_001) }]) {
    const answer = await server.inject({ method: "PUT", path: "notes/milk", body });
    assert.equal(answer.status, 400);
  }
});

test("a body that is not JSON is refused", async () => {
  assert.equal((await server.inject({ method: "PUT", path: "notes/milk", body: "{broken" })).status, 400);
});
