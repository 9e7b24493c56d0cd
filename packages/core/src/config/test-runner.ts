/**
 * Finds out whether a test runner runs this process. The environment variables of runners do not decide it alone: a
 * server that a test starts as a program of its own inherits them.
 */
import { basename } from "node:path";
import { fs } from "../node/modules.ts";

/** A test runner, and whether workers could run the test's file again. */
export interface TestRunner {
  readonly name: string;
  /** Whether the entry file is a file of the runner: a worker would run the runner again. */
  readonly ownsEntry: boolean;
}

/** Facts about a process that show its test runner. */
export interface RunnerFacts {
  /** The file that Node was started with, if it is known. */
  readonly entry: string | undefined;
  /** The command-line options of Node itself. */
  readonly nodeOptions: readonly string[];
  /** Whether `NODE_TEST_CONTEXT` is set, in which `node --test` and all programs below it run. */
  readonly belowNodeTest: boolean;
  /** Whether this process has loaded `node:test`. */
  readonly hasLoadedNodeTest: boolean;
}

/** The packages of runners. The entry file of a process that runs tests belongs to one of them. */
const RUNNERS: ReadonlyMap<string, string> = new Map([
  ["vitest", "vitest"],
  ["tinypool", "vitest"],
  ["jest", "jest"],
  ["jest-cli", "jest"],
  ["jest-worker", "jest"],
  ["mocha", "mocha"],
  ["workerpool", "mocha"],
  ["ava", "ava"],
  ["jasmine", "jasmine"],
  ["uvu", "uvu"],
  ["playwright", "playwright"],
  ["@playwright/test", "playwright"],
]);

const PACKAGE = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/;

/** The names that `node --test` gives to test files, as far as other programs hardly ever have them. */
const TEST_FILE = /[._-]test\.[cm]?[jt]s$/;

/** Finds the runner of a process; `undefined` when the process is a program of its own. */
export function findTestRunner(facts: RunnerFacts): TestRunner | undefined {
  const name = RUNNERS.get(packageOf(facts.entry ?? ""));
  if (name !== undefined) return { name, ownsEntry: true };
  // A test in CommonJS may load the server before it loads `node:test`.
  const isTestFile = facts.belowNodeTest && TEST_FILE.test(basename(facts.entry ?? ""));
  if (!facts.hasLoadedNodeTest && !isTestFile) return undefined;
  return { name: "node:test", ownsEntry: facts.nodeOptions.includes("--test") };
}

/** Whether this process has loaded `node:test`: only files with tests do. */
export function hasLoadedNodeTest(): boolean {
  const modules: unknown = Reflect.get(process, "moduleLoadList");
  return Array.isArray(modules) && modules.includes("NativeModule test");
}

/** Resolves links, such as `node_modules/.bin/jest`. */
export function realEntry(entry: string | undefined): string | undefined {
  try {
    return entry === undefined ? undefined : fs.realpathSync(entry);
  } catch {
    return entry;
  }
}

/** The name of the package in `node_modules` to which a file belongs; `""` when it belongs to none. */
function packageOf(file: string): string {
  return PACKAGE.exec(file)?.[1]?.replace("\\", "/") ?? "";
}
