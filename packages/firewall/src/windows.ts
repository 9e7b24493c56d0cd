/** Opens a port on Windows: one rule of the Windows firewall, with a name that begins with "Packetron". */
import type { Endpoint } from "./endpoint.ts";
import { assertDone, type Rule } from "./rule.ts";
import type { Run } from "./run-command.ts";

/**
 * The rule that opens an endpoint, for both versions of IP. Only exit codes are read, because Windows translates the
 * output of netsh.
 */
export function windowsRule({ port, address }: Endpoint, run: Run): Rule {
  const name = `name=${["Packetron", ...(address === null ? [] : [address]), port].join("-")}`;
  const local = address === null ? [] : [`localip=${address}`];
  const command = (verb: string, ...more: readonly string[]): readonly string[] => [
    "netsh",
    "advfirewall",
    "firewall",
    verb,
    "rule",
    name,
    ...more,
  ];
  const addition = command("add", "dir=in", "action=allow", "protocol=TCP", `localport=${port}`, ...local);
  const removal = command("delete");
  return {
    program: "netsh",
    removal,
    exists: async () => (await run(command("show"))).code === 0,
    add: async () => assertDone(addition, await run(addition)).code === 0,
    remove: async (timeoutMs) => void assertDone(removal, await run(removal, timeoutMs)),
  };
}
