/** The command `packetron reload`: replaces the workers of an application. */
import { ask, readTimeout } from "../ask.ts";
import type { Run } from "../commands.ts";
import { ExitCode } from "../exit-code.ts";
import { findApplication } from "../select-application.ts";
import { printable } from "../table.ts";

/**
 * The default of `--timeout`, in milliseconds. Each worker in turn may need all of `readyTimeout` and `drainTimeout`.
 */
const DEFAULT_TIMEOUT = 600_000;

/** Asks the application to replace its workers, and waits until all workers are replaced. */
export const reload: Run = async (values, terminal) => {
  const timeout = readTimeout(values, DEFAULT_TIMEOUT);
  const application = findApplication(values, true);
  const { generation } = await ask(application, "reload", timeout);
  terminal.write(`${printable(application.name)} is reloaded: generation ${generation}\n`);
  return ExitCode.DONE;
};
