/* global it */
import assert from "node:assert/strict";
import { askProgram, askServer, expected } from "./check.mjs";

it("a server in the test", async () => assert.deepEqual(await askServer(), expected("mocha")));
it("a server as a program", async () => assert.deepEqual(await askProgram(), { role: "primary" }));
