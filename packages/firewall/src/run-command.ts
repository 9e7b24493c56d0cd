/** Runs one program of the system: without a shell, without a prompt, for a bounded time. */
import { type ChildProcess, spawn } from "node:child_process";
import { posix, win32 } from "node:path";
import { firewallError } from "./errors.ts";
import type { Machine } from "./machine.ts";

/** How a command ended. */
export interface Outcome {
  /** The exit code; -1 when a signal ended it. */
  readonly code: number;
  /** What it wrote to stdout and stderr, in the order of arrival. */
  readonly output: string;
}

/**
 * Runs a command as an administrator.
 *
 * @param command The program and its arguments, each as it is.
 * @param patience How long it may take, in milliseconds; the machine's by default.
 * @throws PKT_FIREWALL_MISSING, PKT_FIREWALL_TIMEOUT, and PKT_FIREWALL_FAILED when sudo refuses
 */
export type Run = (command: readonly string[], patience?: number) => Promise<Outcome>;

/** Enough for the list of some thousand rules; what a program writes beyond it is read and dropped. */
const MAX_OUTPUT = 256 * 1024;

/** Gives the way to run commands on a machine: directly as root and on Windows, otherwise by a sudo that never asks. */
export function createRun(machine: Machine): Run {
  const prefix = machine.platform === "win32" || machine.uid === 0 ? [] : ["sudo", "-n"];
  const environment = environmentOf(machine);
  return async function run(command, patience = machine.patience) {
    const [program = "", ...args] = [...prefix, ...command];
    // What an empty PATH means differs between systems: the working directory, or folders of their own.
    if (environment.PATH === "") throw firewallError("PKT_FIREWALL_MISSING", { program });
    const child = spawn(program, args, {
      env: environment,
      cwd: environment.SystemRoot ?? "/", // programs are looked for here first on Windows
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
      // Its own session: no terminal to ask for a password at, and no share in the Ctrl+C that stops the server.
      detached: machine.platform !== "win32",
    });
    const outcome = await outcomeOf(child, program, command, patience);
    if (prefix.length > 0) assertSudoRan(command, outcome);
    return outcome;
  };
}

/** A fixed environment: English messages, nothing that changes how a program works, no folder relative to anything. */
function environmentOf({ platform, path }: Machine): { PATH: string; LC_ALL: string; SystemRoot?: string } {
  const { delimiter, isAbsolute } = platform === "win32" ? win32 : posix;
  const PATH = path.split(delimiter).filter(isAbsolute).join(delimiter);
  const { SystemRoot } = process.env;
  return platform === "win32" && SystemRoot !== undefined
    ? { PATH, LC_ALL: "C", SystemRoot }
    : { PATH, LC_ALL: "C" };
}

function outcomeOf(
  child: ChildProcess,
  program: string,
  command: readonly string[],
  patience: number,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text.slice(0, MAX_OUTPUT - output.length);
      });
    }
    const timer = setTimeout(() => {
      abandon(child);
      reject(
        firewallError("PKT_FIREWALL_TIMEOUT", { command: command.join(" "), timeout: Math.round(patience) }),
      );
    }, patience);
    child.on("error", (error) => {
      clearTimeout(timer);
      const missing = "code" in error && error.code === "ENOENT";
      reject(
        missing
          ? firewallError("PKT_FIREWALL_MISSING", { program })
          : firewallError("PKT_FIREWALL_FAILED", { command: command.join(" "), reason: error.message }),
      );
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, output });
    });
  });
}

/** Kills the program with all that it started. A sudo that belongs to root cannot be killed: nobody waits for it, then. */
function abandon(child: ChildProcess): void {
  try {
    // Never a 0 here: it would mean the group of this process.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}

/** `sudo -n` has an exit code of its own only by its words: 1 could also be the program's. */
function assertSudoRan(command: readonly string[], { code, output }: Outcome): void {
  const refusal = /^sudo: (.*)$/m.exec(output);
  if (code === 0 || refusal === null) return;
  const program = /^(\S+): command not found$/.exec(refusal[1] ?? "");
  throw program === null
    ? firewallError("PKT_FIREWALL_FAILED", { command: command.join(" "), reason: refusal[0] })
    : firewallError("PKT_FIREWALL_MISSING", { program: program[1] ?? "" });
}
