/** Writes a project into a folder that has no files. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { toProjectName } from "./answers.ts";
import { CommandFailure, ExitCode } from "./exit-code.ts";

/** A folder with nothing but these is empty: a new clone has one. */
const IGNORED = [".git", ".DS_Store"];

/** How many names of files a refusal lists. */
const LISTED = 3;

/**
 * Ends the command unless the folder gives a name to the project, and does not exist or is empty.
 *
 * @throws CommandFailure: exit code 2 without a name; exit code 1, and the names of files, for a folder that is not empty.
 */
export function assertUsable(folder: string, cwd: string): void {
  toProjectName(folder, cwd);
  const path = resolve(cwd, folder);
  const names = listFolder(path, folder).filter((name) => !IGNORED.includes(name));
  if (names.length === 0) return;
  const others = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
  const listed = names.slice(0, LISTED).join(", ");
  throw new CommandFailure(
    ExitCode.FAILED,
    `The folder ${folder} is not empty: it has ${listed}${others}. Give the name of a new folder.`,
  );
}

/**
 * Writes the files. An existing file is never replaced.
 *
 * @throws CommandFailure (exit code 1) when the system refuses.
 */
export function writeProject(path: string, files: ReadonlyMap<string, string>): void {
  try {
    for (const [file, text] of files) {
      const target = join(path, file);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text, { flag: "wx" });
    }
  } catch (error) {
    throw new CommandFailure(ExitCode.FAILED, `The project cannot be written: ${messageOf(error)}`);
  }
}

function listFolder(path: string, folder: string): string[] {
  try {
    return readdirSync(path).toSorted();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") return [];
    const reason = code === "ENOTDIR" ? `${folder} is a file.` : messageOf(error);
    throw new CommandFailure(ExitCode.FAILED, `The project cannot be made: ${reason}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
