/** The command `packetron start`: runs a program in this process. */
import Module from "node:module";
import { usageFailure } from "../arguments.ts";
import type { Run } from "../commands.ts";
import { programVariables, readDispatch, resolveEntry } from "../entry.ts";

/**
 * Runs the program in this process, which becomes the primary. The program gets the signals directly and decides the
 * exit code. Apart from the environment variables that pass the options, it sees the same as if node had started its
 * file.
 */
export const start: Run = async (values) => {
  const entry = resolveEntry(values.entry, "start");
  const threads = values.text("threads");
  if (threads !== undefined && !/^(?!0+$)\d{1,4}$/.test(threads))
    throw usageFailure(`--threads needs a number of worker processes, but got "${threads}".`, "start");
  const dispatch = readDispatch(values, "start");
  Object.assign(process.env, programVariables({ threads, name: values.text("name"), dispatch }));
  // Core finds in process.argv whether there is a file that workers can run. node:cluster starts the workers with this
  // file and these arguments.
  process.argv.splice(1, process.argv.length, entry, ...values.rest);
  // Node itself starts the file of `node server.js` with runMain(). So here, too, `entry` becomes the main module, in
  // CommonJS, ESM or TypeScript. setImmediate() makes an error of the program an uncaught exception, as under node, not
  // a rejection of this function.
  setImmediate(() => Module.runMain());
  return undefined;
};
