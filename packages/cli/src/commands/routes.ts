/** `packetron routes`. */
import { ask } from "../ask.ts";
import { findApplication } from "../choose.ts";
import type { Run } from "../commands.ts";
import { ExitCode } from "../exit-code.ts";
import { routeLines } from "../route-list.ts";

/** Milliseconds; an application whose workers do not answer tells its own routes after two seconds. */
const PATIENCE = 10_000;

/** Prints every route of every server of the application. */
export const routes: Run = async (values, terminal) => {
  const servers = await ask(findApplication(values), "routes", PATIENCE);
  if (values.has("json")) terminal.write(`${JSON.stringify(servers, null, 2)}\n`);
  else
    terminal.write(
      `${servers.map((server) => routeLines(server, terminal.paint).join("\n")).join("\n\n")}\n`,
    );
  return ExitCode.DONE;
};
