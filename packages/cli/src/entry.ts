/** The entry file of a program, as node itself would find it. */
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { usageFailure, type Values } from "./arguments.ts";

/**
 * The absolute path of an entry file; the ending may be left out, and a folder stands for its main file.
 *
 * @throws CommandFailure (2) when there is none.
 */
export function resolveEntry(entry: string, command: string): string {
  const path = resolve(entry);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return path;
  try {
    return createRequire(join(path, "..", "entry.js")).resolve(path);
  } catch {
    throw usageFailure(`There is no file ${path}.`, command);
  }
}

/**
 * Reads `--dispatch`.
 *
 * @throws CommandFailure (2) for another word than the two.
 */
export function readDispatch(values: Values, command: string): string | undefined {
  const dispatch = values.text("dispatch");
  if (dispatch === undefined || dispatch === "direct" || dispatch === "standard") return dispatch;
  throw usageFailure(`--dispatch is "direct" or "standard", got "${dispatch}".`, command);
}

/** What a program finds in its environment because of the options of `start` and `dev`. */
export function programVariables(options: {
  readonly threads?: string | undefined;
  readonly name: string | undefined;
  readonly dispatch: string | undefined;
}): Record<string, string> {
  const variables = {
    PACKETRON_THREADS: options.threads,
    PACKETRON_NAME: options.name,
    PACKETRON_DISPATCH: options.dispatch,
  };
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
