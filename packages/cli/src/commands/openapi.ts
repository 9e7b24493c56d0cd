/** The command `packetron openapi`: prints the OpenAPI document of a program. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { Run } from "../commands.ts";
import { resolveEntry } from "../entry.ts";
import { CommandFailure, ExitCode } from "../exit-code.ts";

/** Runs the program in a process of its own, which sends the document in place of starting its server. */
export const openapi: Run = async (values, terminal) => {
  const entry = resolveEntry(values.entry, "openapi");
  const text = `${JSON.stringify(await askProgram(entry, values.rest), null, 2)}\n`;
  const file = values.text("out");
  if (file === undefined) terminal.write(text);
  else writeFileSync(file, text);
  return ExitCode.DONE;
};

async function askProgram(entry: string, rest: readonly string[]): Promise<unknown> {
  const child = spawn(process.execPath, [...process.execArgv, entry, ...rest], {
    env: { ...process.env, PACKETRON_OPENAPI: "1" },
    stdio: ["ignore", 2, 2, "ipc"],
  });
  let document: unknown;
  child.on("message", (message) => {
    if (typeof message === "object" && message !== null && "openapi" in message) document = message.openapi;
  });
  const [code] = await once(child, "close");
  if (document !== undefined) return document;
  throw new CommandFailure(
    ExitCode.FAILED,
    `${entry} has ended${code === 0 ? "" : ` with exit code ${code}`}, and no server with the option openapi has started.\n` +
      'Give the option: new Packetron({ openapi: { info: { title: "Orders", version: "1.0.0" } } }), and call start().',
  );
}
