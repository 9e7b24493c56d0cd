/** `packetron stop`. */
import { setTimeout as wait } from "node:timers/promises";
import { type ApplicationRegistration, listApplications, stateOfProcess } from "@packetron/core/control";
import { ask, PROMPTLY, readTimeout } from "../ask.ts";
import { findApplication } from "../choose.ts";
import type { Run } from "../commands.ts";
import { CommandFailure, ExitCode } from "../exit-code.ts";
import { printable } from "../table.ts";

/** Twice the default of `drainTimeout`, and some more. */
const PATIENCE = 60_000;

/** How often the process is looked at, in milliseconds. */
const INTERVAL = 50;

/** Has the application stop, and waits until its process is gone. */
export const stop: Run = async (values, terminal) => {
  const timeout = readTimeout(values, PATIENCE);
  const application = findApplication(values);
  const { name, identity } = application;
  await ask(application, "stop", PROMPTLY);
  const deadline = performance.now() + timeout;
  while (isThere(application)) {
    if (performance.now() >= deadline) {
      const text = `${name} (process ${identity.pid}) is told to stop, but still there after ${timeout} ms.`;
      throw new CommandFailure(ExitCode.FAILED, text);
    }
    await wait(INTERVAL);
  }
  terminal.write(`${printable(name)} has stopped\n`);
  return ExitCode.DONE;
};

/** A process of another container cannot be looked at: there its registration file counts, which it removes at the end. */
function isThere({ identity, socket }: ApplicationRegistration): boolean {
  const state = stateOfProcess(identity);
  if (state !== "other-namespace" && state !== "unknown") return state === "alive";
  return listApplications().some((application) => application.socket === socket);
}
