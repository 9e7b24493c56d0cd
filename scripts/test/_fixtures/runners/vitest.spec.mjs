import { expect, test } from "vitest";
import { askProgram, askServer, askWithoutPort, expected, withoutPort } from "./check.mjs";

test("a server in the test", async () => expect(await askServer()).toEqual(expected("vitest")));
test("a server as a program", async () => expect(await askProgram()).toEqual({ role: "primary" }));
test("a server without a port", async () => expect(await askWithoutPort()).toEqual(withoutPort));
