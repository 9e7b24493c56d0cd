/** Runs one program of the system without a shell, without a prompt, and with a time limit. */
import { type ChildProcess, spawn } from "node:child_process";
import { posix, win32 } from "node:path";
import { firewallError } from "./errors.ts";
import type { Machine } from "./machine.ts";

/** How a command ended. */
export interface Outcome {
  /** The exit code; -1 when a signal ended the program. */
  readonly code: number;
  /** The output on stdout and stderr, in the order of arrival. */
  readonly output: string;
}

/**
 * Runs a command as an administrator.
 *
 * @param command The program and its arguments. No shell interprets them.
 * @param timeoutMs How long the command may take, in milliseconds; by default the `timeoutMs` of the machine.
 * @throws PKT_FIREWALL_MISSING when the program is not on PATH, PKT_FIREWALL_TIMEOUT after the time limit, and
 *   PKT_FIREWALL_FAILED when sudo refuses or the program cannot be started.
 */
export type Run = (command: readonly string[], timeoutMs?: number) => Promise<Outcome>;

/** Greatest length of the kept output: enough for a list of some thousand rules. The rest is read and dropped. */
const MAX_OUTPUT = 256 * 1024;

/** Makes the function that runs commands on a machine: directly as root and on Windows, otherwise through `sudo -n`. */
export function createRun(machine: Machine): Run {
  const prefix = machine.platform === "win32" || machine.uid === 0 ? [] : ["sudo", "-n"];
  const environment = environmentOf(machine);
  return async function run(command, timeoutMs = machine.timeoutMs) {
    const [program = "", ...args] = [...prefix, ...command];
    // An empty PATH has a different meaning on each system: the working directory, or default folders.
    if (environment.PATH === "") throw firewallError("PKT_FIREWALL_MISSING", { program });
    const child = spawn(program, args, {
      env: environment,
      cwd: environment.SystemRoot ?? "/", // Windows looks for programs in the working directory first
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
      // In a session of its own, the command has no terminal for a password prompt, and does not get the Ctrl+C that
      // stops the server.
      detached: machine.platform !== "win32",
    });
    const outcome = await outcomeOf(child, program, command, timeoutMs);
    if (prefix.length > 0) assertSudoRan(command, outcome);
    return outcome;
  };
}

/**
 * A fixed environment: English messages, no variables that change how a program works, only absolute folders in PATH.
 */
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
  timeoutMs: number,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text.slice(0, MAX_OUTPUT - output.length);
      });
    }
    const timer = setTimeout(() => {
      killGroup(child);
      reject(
        firewallError("PKT_FIREWALL_TIMEOUT", { command: command.join(" "), timeout: Math.round(timeoutMs) }),
      );
    }, timeoutMs);
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

/**
 * Kills the program and its process group, and releases its pipes. This process may not kill a sudo that runs as root,
 * but without the pipes that sudo no longer keeps this process alive.
 */
function killGroup(child: ChildProcess): void {
  try {
    // kill(-0) would signal the process group of this process; a spawned child always has a pid above 0.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}

/** Throws when sudo did not run the command. Only the output of sudo shows that: the command, too, may exit with 1. */
function assertSudoRan(command: readonly string[], { code, output }: Outcome): void {
  const refusal = /^sudo: (.*)$/m.exec(output);
  if (code === 0 || refusal === null) return;
  const program = /^(\S+): command not found$/.exec(refusal[1] ?? "");
  throw program === null
    ? firewallError("PKT_FIREWALL_FAILED", { command: command.join(" "), reason: refusal[0] })
    : firewallError("PKT_FIREWALL_MISSING", { program: program[1] ?? "" });
}
