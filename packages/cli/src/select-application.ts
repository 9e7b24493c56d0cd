/** Selects the running application that a command is meant for. */
import { type ApplicationRegistration, listApplications } from "@packetron/core/control";
import type { Values } from "./arguments.ts";
import { CommandFailure, ExitCode } from "./exit-code.ts";
import { printable, toColumns } from "./table.ts";

/** The criteria by which an application is selected. */
export interface Criteria {
  readonly name: string | undefined;
  readonly pid: number | undefined;
  /** Applications that were started in this folder take precedence. */
  readonly cwd: string;
  /** Whether an application of another folder has to be named, because the command stops or replaces its processes. */
  readonly changes: boolean;
}

/**
 * Reads `--name` and `--pid`, and finds the application.
 *
 * @param changes Whether the command stops or replaces processes of the application.
 */
export function findApplication(values: Values, changes = false): ApplicationRegistration {
  const pid = values.text("pid");
  if (pid !== undefined && !/^[1-9]\d{0,9}$/.test(pid))
    throw new CommandFailure(ExitCode.USAGE, `--pid needs a process id, but got "${pid}".`);
  const criteria = {
    name: values.text("name"),
    pid: pid === undefined ? undefined : Number(pid),
    cwd: process.cwd(),
    changes,
  };
  return selectApplication(readApplications(), criteria);
}

/**
 * Selects the application with the given name or process id; without name and id, every running application matches.
 * If applications that were started in this folder match, only these are considered. A command that changes an
 * application never touches one of another folder that is not named.
 *
 * @throws CommandFailure with exit code 3 when no application matches, and 2 when several are left or none was named.
 */
export function selectApplication(
  running: readonly ApplicationRegistration[],
  criteria: Criteria,
): ApplicationRegistration {
  const { name, pid, cwd, changes } = criteria;
  const matching = running.filter(
    (application) =>
      (name === undefined || application.name === name) &&
      (pid === undefined || application.identity.pid === pid),
  );
  const here = matching.filter((application) => application.cwd === cwd);
  const [first, second] = here.length > 0 ? here : matching;
  if (first === undefined) throw new CommandFailure(ExitCode.NOT_RUNNING, describeMissing(running, criteria));
  const isNamed = name !== undefined || pid !== undefined;
  const mayGuess = !changes || isNamed || here.length > 0;
  if (second === undefined && mayGuess) return first;
  const problem = mayGuess ? "Several applications are running" : "No application was started in this folder";
  throw new CommandFailure(
    ExitCode.USAGE,
    `${problem}; choose one with --name or --pid. These are running:\n${listOf(matching)}`,
  );
}

function readApplications(): ApplicationRegistration[] {
  try {
    return listApplications();
  } catch (error) {
    throw new CommandFailure(ExitCode.FAILED, error instanceof Error ? error.message : String(error));
  }
}

function describeMissing(running: readonly ApplicationRegistration[], { name, pid }: Criteria): string {
  if (running.length === 0) return "No application of this user is running.";
  const wanted = [
    name === undefined ? "" : `the name "${name}"`,
    pid === undefined ? "" : `the process id ${pid}`,
  ];
  const words = wanted.filter((word) => word !== "").join(" and ");
  return `No application with ${words} is running. These are running:\n${listOf(running)}`;
}

function listOf(applications: readonly ApplicationRegistration[]): string {
  const rows = applications.map(({ name, identity, cwd }) => [
    printable(name),
    String(identity.pid),
    printable(cwd),
  ]);
  return toColumns([["name", "pid", "folder"], ...rows])
    .map((line) => `  ${line}`)
    .join("\n");
}
