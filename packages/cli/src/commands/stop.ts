/** The command `packetron stop`: stops an application. */
import { setTimeout as wait } from "node:timers/promises";
import { type ApplicationRegistration, listApplications, stateOfProcess } from "@packetron/core/control";
import { ANSWER_TIMEOUT, ask, readTimeout } from "../ask.ts";
import type { Run } from "../commands.ts";
import { CommandFailure, ExitCode } from "../exit-code.ts";
import { findApplication } from "../select-application.ts";
import { printable } from "../table.ts";

/** The default of `--timeout`, in milliseconds: more than twice the default of `drainTimeout`. */
const DEFAULT_TIMEOUT = 60_000;

/** How often the command checks whether the process still runs, in milliseconds. */
const INTERVAL = 50;

/** Asks the application to stop, and waits until its process has exited. */
export const stop: Run = async (values, terminal) => {
  const timeout = readTimeout(values, DEFAULT_TIMEOUT);
  const application = findApplication(values, true);
  const { name, identity } = application;
  await ask(application, "stop", ANSWER_TIMEOUT);
  const deadline = performance.now() + timeout;
  while (isRunning(application)) {
    if (performance.now() >= deadline) {
      const text = `${name} (process ${identity.pid}) got the request to stop, but still runs after ${timeout} ms.`;
      throw new CommandFailure(ExitCode.FAILED, text);
    }
    await wait(INTERVAL);
  }
  terminal.write(`${printable(name)} has stopped\n`);
  return ExitCode.DONE;
};

/**
 * Whether the process of an application still runs. A process in another container is not visible; such a process
 * counts as running while its registration file exists, because a process removes that file when it exits.
 */
function isRunning({ identity, socket }: ApplicationRegistration): boolean {
  const state = stateOfProcess(identity);
  if (state !== "other-namespace" && state !== "unknown") return state === "alive";
  return listApplications().some((application) => application.socket === socket);
}
