/** Runs the programs in `_fixtures/original`: the code in the README of the original, in CommonJS like that of its users. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, inject, onTestFinished } from "vitest";
import { type Program, startProgram } from "../../../../scripts/test/_program.ts";

/** A running program of the original's README. */
export interface Original extends Program {
  /** The directory of temporary files of this program only. */
  readonly temporary: string;
}

/** Starts `_fixtures/original/<name>.cjs` for one test. */
export function startOriginal(name: string, env: Readonly<Record<string, string>> = {}): Promise<Original> {
  const temporary = createFolder();
  onTestFinished(() => rmSync(temporary, { recursive: true, force: true }));
  return start(name, temporary, env);
}

/** Starts `_fixtures/original/<name>.cjs` once for all tests of a `describe`, for programs that no test changes. */
export function useOriginal(name: string, env: Readonly<Record<string, string>> = {}): () => Original {
  const ends: (() => Promise<void>)[] = [];
  let program: Original | undefined;
  beforeAll(async () => {
    program = await start(name, createFolder(), env, (end) => ends.push(end));
  });
  afterAll(async () => {
    for (const end of ends) await end();
    if (program !== undefined) rmSync(program.temporary, { recursive: true, force: true });
  });
  return () => {
    if (program === undefined) throw new Error("The program starts before the first test.");
    return program;
  };
}

async function start(
  name: string,
  temporary: string,
  env: Readonly<Record<string, string>>,
  whenDone: (end: () => Promise<void>) => void = onTestFinished,
): Promise<Original> {
  const program = await startProgram([process.execPath, `${name}.cjs`], {
    cwd: join(inject("bundles"), "packetron/original"), // `require("packetron")` finds the built package there
    env: { TMPDIR: temporary, TEMP: temporary, TMP: temporary, ...env },
    whenDone,
  });
  return { ...program, temporary };
}

/** Makes a folder whose path has no symbolic links, so that tests can compare it with paths from the program. */
function createFolder(): string {
  return mkdtempSync(join(realpathSync(tmpdir()), "packetron-original-"));
}

/** Posts text under a media type. */
export function post(url: string, type: string, body: string): Promise<Response> {
  return fetch(url, { method: "POST", body, headers: { "Content-Type": type } });
}

/** Makes a `multipart/form-data` form. A value with a name is a file. */
export function createForm(
  parts: readonly (readonly [name: string, value: string, filename?: string, type?: string])[],
): FormData {
  const form = new FormData();
  for (const [name, value, filename, type = ""] of parts) {
    if (filename === undefined) form.append(name, value);
    else form.append(name, new Blob([value], { type }), filename);
  }
  return form;
}

/** The JSON of an answer, for assertions on parts of it. */
export async function readJson(answer: Response | Promise<Response>): Promise<Record<string, unknown>> {
  const response = await answer;
  const value: Record<string, unknown> = JSON.parse(await response.text());
  return value;
}
