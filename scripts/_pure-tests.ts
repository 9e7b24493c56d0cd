/** Finds the unit tests that change nothing outside themselves, so that they can share the modules that they load. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./_packages.ts";

/** The files of unit tests. */
export const UNITS: readonly string[] = ["packages/*/test/**/*.test.ts", "benchmarks/test/**/*.test.ts"];

/**
 * What a test uses that another file could notice: mocks, spies and clocks of vitest, the process and its globals, timers,
 * servers and processes; and helpers of tests, most of which use such things.
 */
const SHARED =
  /\bvi\b|\bprocess\.|globalThis|Object\.prototype|console\b|\bDate\.|performance|set(?:Timeout|Interval)|Packetron\(|[a-z](?:Server|Conformance)\b|listen\(|inject\(|spawn|execFile|fork\(|Worker|\bimport\(|from "[./]+(?:.*\/)?_(?!code-point)/;

/** The unit tests without any of it. Most of them test functions. */
export function pureTests(): string[] {
  return globSync([...UNITS], { cwd: root, exclude: ["**/node_modules/**", "**/test/process/**"] })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => !SHARED.test(readFileSync(join(root, file), "utf8")));
}
