/** The command `packetron profile`: has a worker write a CPU profile of itself. */
import { resolve } from "node:path";
import { LONGEST_PROFILE, profileApplication } from "@packetron/core/control";
import type { Values } from "../arguments.ts";
import { unwrap } from "../ask.ts";
import type { Run } from "../commands.ts";
import { CommandFailure, ExitCode } from "../exit-code.ts";
import { findApplication } from "../select-application.ts";
import { printable } from "../table.ts";

/** How long the answer may take beside the time of the profile, in milliseconds; longer than the application waits. */
const ANSWER_TIMEOUT = 15_000;

/** Asks the application for a profile, and waits until the file is written. */
export const profile: Run = async (values, terminal) => {
  const worker = readWorker(values);
  const seconds = readSeconds(values);
  const application = findApplication(values);
  const time = new Date().toISOString().replace(/\..*/, "").replaceAll(":", "-");
  const file = resolve(values.text("out") ?? `${fileName(application.name)}-${worker}-${time}.cpuprofile`);
  terminal.warn(`profiling worker ${worker} of ${printable(application.name)} for ${seconds} s …\n`);
  const answer = await profileApplication(
    application,
    { worker, seconds, file },
    seconds * 1_000 + ANSWER_TIMEOUT,
  );
  const { pid, bytes } = unwrap("profile", answer);
  terminal.write(`${printable(file)}: ${Math.ceil(bytes / 1024)} KiB, process ${pid}\n`);
  return ExitCode.DONE;
};

/** The name of an application as part of a file name. */
function fileName(name: string): string {
  return name.replace(/[^\w.-]+/g, "_");
}

function readWorker({ operand }: Values): number {
  if (/^\d{1,6}$/.test(operand)) return Number(operand);
  throw new CommandFailure(
    ExitCode.USAGE,
    `"packetron profile" needs the number of a worker, but got "${operand}".`,
  );
}

function readSeconds(values: Values): number {
  const text = values.text("seconds") ?? "10";
  const seconds = /^\d{1,3}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= LONGEST_PROFILE) return seconds;
  throw new CommandFailure(
    ExitCode.USAGE,
    `--seconds needs a number of seconds, at most ${LONGEST_PROFILE}, but got "${text}".`,
  );
}
