/** Which of the running applications a command is about. */
import { type ApplicationRegistration, listApplications } from "@packetron/core/control";
import type { Values } from "./arguments.ts";
import { CommandFailure, ExitCode } from "./exit-code.ts";
import { printable, toColumns } from "./table.ts";

/** What was said about it. */
export interface Wish {
  readonly name: string | undefined;
  readonly pid: number | undefined;
  /** Applications that were started in this folder come first. */
  readonly cwd: string;
}

/** Reads `--name` and `--pid`, and finds the application. */
export function findApplication(values: Values): ApplicationRegistration {
  const pid = values.text("pid");
  if (pid !== undefined && !/^[1-9]\d{0,9}$/.test(pid))
    throw new CommandFailure(ExitCode.USAGE, `--pid needs a process id, got "${pid}".`);
  const wish = {
    name: values.text("name"),
    pid: pid === undefined ? undefined : Number(pid),
    cwd: process.cwd(),
  };
  return chooseApplication(readApplications(), wish);
}

/**
 * The application that fits: by name or process id; without these the only one of this folder, else the only one at all.
 *
 * @throws CommandFailure: 3 when none fits, 2 when several do.
 */
export function chooseApplication(
  running: readonly ApplicationRegistration[],
  wish: Wish,
): ApplicationRegistration {
  const { name, pid, cwd } = wish;
  const fitting = running.filter(
    (application) =>
      (name === undefined || application.name === name) &&
      (pid === undefined || application.identity.pid === pid),
  );
  const here = fitting.filter((application) => application.cwd === cwd);
  const [first, second] = here.length > 0 ? here : fitting;
  if (first === undefined) throw new CommandFailure(ExitCode.NOT_RUNNING, tellNone(running, wish));
  if (second === undefined) return first;
  throw new CommandFailure(
    ExitCode.USAGE,
    `Several applications are running; choose one with --name or --pid.\n${tellAll(fitting)}`,
  );
}

function readApplications(): ApplicationRegistration[] {
  try {
    return listApplications();
  } catch (error) {
    throw new CommandFailure(ExitCode.FAILED, error instanceof Error ? error.message : String(error));
  }
}

function tellNone(running: readonly ApplicationRegistration[], { name, pid }: Wish): string {
  if (running.length === 0) return "No application of this user is running.";
  const wanted = [
    name === undefined ? "" : `the name "${name}"`,
    pid === undefined ? "" : `the process id ${pid}`,
  ];
  const words = wanted.filter((word) => word !== "").join(" and ");
  return `No application with ${words} is running. There are:\n${tellAll(running)}`;
}

function tellAll(running: readonly ApplicationRegistration[]): string {
  const rows = running.map(({ name, identity, cwd }) => [
    printable(name),
    String(identity.pid),
    printable(cwd),
  ]);
  return toColumns([["name", "pid", "folder"], ...rows])
    .map((line) => `  ${line}`)
    .join("\n");
}
