import { expect, test } from "vitest";
import { askProgram, askServer, expected } from "./check.mjs";

test("a server in the test", async () => expect(await askServer()).toEqual(expected("vitest")));
test("a server as a program", async () => expect(await askProgram()).toEqual({ role: "primary" }));
