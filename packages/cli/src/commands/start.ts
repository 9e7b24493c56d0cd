/** `packetron start`. */
import Module from "node:module";
import { usageFailure } from "../arguments.ts";
import type { Run } from "../commands.ts";
import { programVariables, readDispatch, resolveEntry } from "../entry.ts";

/**
 * Runs the program in this very process: nothing stands between whoever started it and the primary, so signals arrive
 * and the exit code is the program's. It sees what it would see had node been started with its file.
 */
export const start: Run = async (values) => {
  const entry = resolveEntry(values.entry, "start");
  const threads = values.text("threads");
  if (threads !== undefined && !/^(?!0+$)\d{1,4}$/.test(threads))
    throw usageFailure(`--threads needs a number of worker processes, got "${threads}".`, "start");
  const dispatch = readDispatch(values, "start");
  Object.assign(process.env, programVariables({ threads, name: values.text("name"), dispatch }));
  // Core decides by it whether there is a file that workers can run, and node:cluster gives it to them.
  process.argv.splice(1, process.argv.length, entry, ...values.rest);
  // What node calls for its first argument: the file is the main module, whether it is CommonJS, ESM or TypeScript. From a
  // turn of its own, so that what it throws is an uncaught exception, as under node, and no rejection of this function.
  setImmediate(() => Module.runMain());
  return undefined;
};
