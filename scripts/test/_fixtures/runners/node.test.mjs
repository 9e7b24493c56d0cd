import assert from "node:assert/strict";
import { test } from "node:test";
import { askProgram, askServer, expected } from "./check.mjs";

test("a server in the test", async () => assert.deepEqual(await askServer(), expected("node:test")));
test("a server as a program", async () => assert.deepEqual(await askProgram(), { role: "primary" }));
