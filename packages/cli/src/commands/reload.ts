/** `packetron reload`. */
import { ask, readTimeout } from "../ask.ts";
import { findApplication } from "../choose.ts";
import type { Run } from "../commands.ts";
import { ExitCode } from "../exit-code.ts";
import { printable } from "../table.ts";

/** Each worker may need all of `readyTimeout` and `drainTimeout`, one behind the other. */
const PATIENCE = 600_000;

/** Has the workers replaced. */
export const reload: Run = async (values, terminal) => {
  const timeout = readTimeout(values, PATIENCE);
  const application = findApplication(values);
  const { generation } = await ask(application, "reload", timeout);
  terminal.write(`${printable(application.name)} is reloaded: generation ${generation}\n`);
  return ExitCode.DONE;
};
