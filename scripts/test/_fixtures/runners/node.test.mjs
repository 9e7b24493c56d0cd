import assert from "node:assert/strict";
import { test } from "node:test";
import { askProgram, askServer, askWithoutPort, expected, withoutPort } from "./check.mjs";

test("a server in the test", async () => assert.deepEqual(await askServer(), expected("node:test")));
test("a server as a program", async () => assert.deepEqual(await askProgram(), { role: "primary" }));
test("a server without a port", async () => assert.deepEqual(await askWithoutPort(), withoutPort));
