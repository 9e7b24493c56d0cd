/** Surroundings of the command for tests: output in memory, a temporary folder, and answers that are known in advance. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { collectCatalog } from "../../../scripts/_templates.ts";
import type { Prompts } from "../src/ask.ts";
import type { Catalog } from "../src/catalog.ts";
import type { Environment } from "../src/environment.ts";
import { create } from "../src/run.ts";

/** The catalog that the build writes. */
export const catalog: Catalog = collectCatalog();

/** What a command has done. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Makes an empty folder, which is removed at the end of the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "packetron-create-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Runs the command in a folder. Node.js 24 and npm run it, without a terminal, unless `changes` say otherwise. */
export async function runIn(
  cwd: string,
  words: readonly string[],
  changes: Partial<Environment> = {},
): Promise<Outcome> {
  let out = "";
  let err = "";
  const environment: Environment = {
    cwd,
    manager: "npm",
    runsTypeScript: true,
    nodeVersion: "v24.0.0",
    write: (text) => {
      out += text;
    },
    warn: (text) => {
      err += text;
    },
    loadPrompts: null,
    ...changes,
  };
  const code = await create(words, environment, () => catalog);
  return { code, out, err };
}

/** Prompts that answer by message, with the initial value where there is no answer. `undefined` cancels. */
export function scriptedPrompts(answers: Readonly<Record<string, string | readonly string[] | undefined>>): {
  readonly prompts: Prompts;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const answer = (message: string): string | readonly string[] | undefined => {
    asked.push(message);
    return answers[message];
  };
  const one = (message: string, initial: string): Promise<string | undefined> => {
    const given = answer(message);
    return Promise.resolve(message in answers ? given?.toString() : initial);
  };
  const prompts: Prompts = {
    text: async ({ message, initial, validate }) => {
      const given = await one(message, initial);
      const problem = given === undefined ? undefined : validate(given);
      if (problem === undefined) return given;
      asked.push(problem);
      return undefined; // the user gives up
    },
    select: (message, _choices, initial) => one(message, initial),
    multiselect: (message) => {
      const given = answer(message);
      return Promise.resolve(typeof given === "string" ? [given] : given);
    },
  };
  return { prompts, asked };
}
