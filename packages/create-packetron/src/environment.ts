/** What the command takes from its process: streams, the current folder, and the package manager that runs it. */
import type { Prompts } from "./ask.ts";
import { detectPackageManager, type PackageManager } from "./package-manager.ts";

/** The surroundings of a command. Tests give others. */
export interface Environment {
  readonly cwd: string;
  readonly manager: PackageManager;
  /** Whether this Node.js runs TypeScript without a build. */
  readonly runsTypeScript: boolean;
  readonly nodeVersion: string;
  /** Writes results to stdout. */
  write(text: string): void;
  /** Writes errors to stderr. */
  warn(text: string): void;
  /** Loads the questions; `null` without a terminal to ask. */
  readonly loadPrompts: (() => Promise<Prompts>) | null;
}

/** The surroundings of this process. */
export function ownEnvironment(): Environment {
  const { stdin, stdout, stderr } = process;
  const isTerminal = stdin.isTTY === true && stdout.isTTY === true;
  return {
    cwd: process.cwd(),
    manager: detectPackageManager(process.env["npm_config_user_agent"]),
    runsTypeScript: "typescript" in process.features && process.features.typescript !== false,
    nodeVersion: process.version,
    write: (text) => void stdout.write(text),
    warn: (text) => void stderr.write(text),
    loadPrompts: isTerminal ? async () => (await import("./clack-prompts.ts")).clackPrompts : null,
  };
}
