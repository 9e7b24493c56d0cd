/**
 * Fake programs of the system, in a folder that is the whole PATH. Importing this file removes the real
 * PATH from the process, so that no test can reach a real firewall.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "@packetron/core";
import { onTestFinished } from "vitest";
import type { Machine } from "../src/machine.ts";

process.env["PATH"] = "/nonexistent";

/** For each fake program, its body as lines of a POSIX shell that calls no other program by PATH. */
export type Programs = Readonly<Record<string, string>>;

/** A machine with fake programs, and the record of their calls. */
export interface StandIns {
  readonly machine: Machine;
  /** Each call in order: the name of the program, then its arguments. */
  calls(): string[][];
  /** The process id of each call. */
  callers(): number[];
  /** The content of a file in the folder that the programs share. */
  file(name: string): string;
}

/** A sudo that runs every command, and fails when it is called without -n. */
export const sudo = '[ "$1" = -n ] || exit 99; shift; exec "$@"';

/** A sudo that requires a password. */
export const askingSudo = 'echo "sudo: a password is required" >&2; exit 1';

/** A program that hangs, with a child process that keeps its output open. */
export const hanging = 'echo $$ >> "$FOLDER/hanging"; /bin/sleep 60 & /bin/sleep 60';

/** An iptables with one rule, which exists when a file of that name exists. */
export const tables = `
  [ "$1" = -w ] || exit 2
  case "$2" in
    -C) [ -e "$FOLDER/rule.$NAME" ] || { echo "Bad rule (does a matching rule exist in that chain?)." >&2; exit 1; } ;;
    -I) : > "$FOLDER/rule.$NAME" ;;
    -D) [ -e "$FOLDER/rule.$NAME" ] || exit 1; /bin/rm "$FOLDER/rule.$NAME" ;;
    *) exit 2 ;;
  esac`;

/** A ufw that is installed but not active. */
export const idleUfw = 'echo "Status: inactive"';

/** An active ufw with these lines in its table. */
export function activeUfw(lines: readonly string[] = [], answer = "Rule added"): string {
  const table = ["Status: active", "", "To   Action   From", "--   ------   ----", ...lines];
  return `case "$1" in
    status) ${table.map((line) => `echo '${line}'`).join("; ")} ;;
    allow) echo '${answer}' ;;
    delete) echo 'Rule deleted' ;;
  esac`;
}

/** Makes the fake programs. They are removed at the end of the test. */
export function standIns(programs: Programs, machine: Partial<Machine> = {}): StandIns {
  const folder = mkdtempSync(join(tmpdir(), "packetron-firewall-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, "calls");
  for (const [name, body] of Object.entries(programs)) {
    const script = [
      "#!/bin/sh",
      `NAME=${name} FOLDER='${folder}'`,
      `CALL="$PPID\t$NAME"; for each in "$@"; do CALL="$CALL\t$each"; done`,
      // One write for each line, so that programs which run at the same time do not mix their lines.
      `printf '%s\\n' "$CALL" >> "$FOLDER/calls"`,
      body,
    ];
    writeFileSync(join(folder, name), `${script.join("\n")}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const lines = (): string[][] =>
    existsSync(log)
      ? readFileSync(log, "utf8")
          .trimEnd()
          .split("\n")
          .map((line) => line.split("\t"))
      : [];
  return {
    machine: { platform: "linux", uid: 0, path: folder, timeoutMs: 2000, ...machine },
    calls: () => lines().map(([, ...call]) => call),
    callers: () => lines().map(([caller]) => Number(caller)),
    file: (name) => join(folder, name),
  };
}

/** One call of a logger. */
export interface LogLine {
  readonly level: keyof Logger;
  readonly fields: object;
  readonly message: string;
}

/** A logger that keeps its lines. */
export function collectLog(): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: keyof Logger) => (fields: object, message: string) =>
    void lines.push({ level, fields, message });
  return { log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") }, lines };
}
