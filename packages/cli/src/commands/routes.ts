/** The command `packetron routes`: lists the routes of an application. */
import { ask } from "../ask.ts";
import type { Run } from "../commands.ts";
import { ExitCode } from "../exit-code.ts";
import { routeLines } from "../route-list.ts";
import { findApplication } from "../select-application.ts";

/**
 * How long to wait, in milliseconds. When the workers do not answer, the primary returns its own routes after 2
 * seconds.
 */
const TIMEOUT = 10_000;

/** Prints every route of every server of the application. */
export const routes: Run = async (values, terminal) => {
  const servers = await ask(findApplication(values), "routes", TIMEOUT);
  if (values.has("json")) terminal.write(`${JSON.stringify(servers, null, 2)}\n`);
  else
    terminal.write(
      `${servers.map((server) => routeLines(server, terminal.paint).join("\n")).join("\n\n")}\n`,
    );
  return ExitCode.DONE;
};
