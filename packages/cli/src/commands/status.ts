/** The command `packetron status`: shows the workers of an application. */
import { setTimeout as wait } from "node:timers/promises";
import type { ApplicationRegistration, ApplicationStatus } from "@packetron/core/control";
import { ANSWER_TIMEOUT, ask } from "../ask.ts";
import type { Run } from "../commands.ts";
import { CommandFailure, ExitCode } from "../exit-code.ts";
import { findApplication } from "../select-application.ts";
import { statusLines } from "../status-table.ts";
import { printable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

/** How often the table is redrawn, in milliseconds. */
const INTERVAL = 1_000;

/** Prints the workers once, or redraws them each second on a terminal. */
export const status: Run = async (values, terminal) => {
  const application = findApplication(values);
  const first = await ask(application, "status", ANSWER_TIMEOUT);
  if (values.has("json")) terminal.write(`${JSON.stringify(first, null, 2)}\n`);
  else if (terminal.live && !values.has("once")) await watch(application, first, terminal);
  else terminal.write(`${statusLines(first, { now: Date.now(), paint: terminal.paint }).join("\n")}\n`);
  return ExitCode.DONE;
};

/** Redraws the table in place, until the application stops answering or Ctrl-C ends the command. */
async function watch(
  application: ApplicationRegistration,
  first: ApplicationStatus,
  terminal: Terminal,
): Promise<void> {
  let before: { readonly status: ApplicationStatus; readonly at: number } | undefined;
  let drawn = 0;
  for (let current: ApplicationStatus | undefined = first; current !== undefined; ) {
    const now = Date.now();
    const { columns, paint } = terminal;
    const lines = statusLines(current, { now, before, columns, paint });
    // ESC[nF moves the cursor up to the first line of the table; ESC[J clears from there to the end of the screen.
    terminal.write(`${drawn === 0 ? "" : `\u001b[${drawn}F\u001b[J`}${lines.join("\n")}\n`);
    drawn = lines.length;
    before = { status: current, at: now };
    await wait(INTERVAL);
    current = await askAgain(application);
  }
  terminal.write(`${printable(application.name)} no longer answers\n`);
}

async function askAgain(application: ApplicationRegistration): Promise<ApplicationStatus | undefined> {
  try {
    return await ask(application, "status", ANSWER_TIMEOUT);
  } catch (error) {
    if (error instanceof CommandFailure) return undefined;
    throw error;
  }
}
