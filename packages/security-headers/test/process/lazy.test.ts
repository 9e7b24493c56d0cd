import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";

/** Prints whether helmet is loaded after a server without the option, and after one with it. */
const PROGRAM = `
import { createRequire } from "node:module";
import { Packetron } from "packetron";
const { cache } = createRequire(import.meta.url);
const isLoaded = () => Object.keys(cache).some((file) => file.includes("helmet"));
new Packetron({ maxThreads: 1, securityHeaders: false });
const before = isLoaded();
new Packetron({ maxThreads: 1, securityHeaders: true });
console.log(JSON.stringify([before, isLoaded()]));
`;

test("helmet is loaded for the first server with the option, and not before", async () => {
  const args = ["--input-type=module", "--eval", PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: inject("bundles") });
  expect(JSON.parse(stdout)).toEqual([false, true]);
});
