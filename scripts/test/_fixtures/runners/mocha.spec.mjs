/* global it */
import assert from "node:assert/strict";
import { askProgram, askServer, askWithoutPort, expected, withoutPort } from "./check.mjs";

it("a server in the test", async () => assert.deepEqual(await askServer(), expected("mocha")));
it("a server as a program", async () => assert.deepEqual(await askProgram(), { role: "primary" }));
it("a server without a port", async () => assert.deepEqual(await askWithoutPort(), withoutPort));
