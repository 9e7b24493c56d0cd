import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "../src/app.ts";

const server = createApp();

test("the first page greets the world", async () => {
  const answer = await server.inject({ path: "/" });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json(), { hello: "world" });
});

test("a name in the path is greeted", async () => {
  const answer = await server.inject({ path: "hello/Ada" });
  assert.deepEqual(answer.json(), { hello: "Ada" });
});

test("another path is not found", async () => {
  assert.equal((await server.inject({ path: "nothing/here" })).status, 404);
});
