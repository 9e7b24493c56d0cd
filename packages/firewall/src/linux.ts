/** Linux: ufw where it is active, because it would overwrite what others do to its chains; otherwise iptables. */

import { isIPv4 } from "node:net";
import { isPacketronError } from "@packetron/core";
import type { Endpoint } from "./endpoint.ts";
import { assertDone, failure, type Rule } from "./rule.ts";
import type { Run } from "./run-command.ts";

/** The rules that an endpoint needs: one of ufw, or one of iptables for each version of IP. */
export async function linuxRules(endpoint: Endpoint, run: Run): Promise<Rule[]> {
  const status = await ufwStatus(run);
  if (status !== null) return [ufwRule(endpoint, status, run)];
  const { address } = endpoint;
  const programs =
    address === null ? ["iptables", "ip6tables"] : [isIPv4(address) ? "iptables" : "ip6tables"];
  return programs.map((program) => tablesRule(program, endpoint, run));
}

/**
 * What ufw says, `null` when it is not in charge. A ufw that is absent, or that sudo does not let run, leaves iptables
 * to try; one that hangs would be followed by others that do.
 */
async function ufwStatus(run: Run): Promise<string | null> {
  try {
    const { output } = await run(["ufw", "status"]);
    return /^Status: active$/m.test(output) ? output : null;
  } catch (error) {
    if (isPacketronError(error, "PKT_FIREWALL_TIMEOUT")) throw error;
    return null;
  }
}

function ufwRule({ port, address }: Endpoint, status: string, run: Run): Rule {
  const what = address === null ? [`${port}/tcp`] : ["proto", "tcp", "to", address, "port", String(port)];
  const addition = ["ufw", "allow", ...what];
  const removal = ["ufw", "delete", "allow", ...what];
  return {
    program: "ufw",
    removal,
    exists: async () => {
      const action = actionOf(status, address === null ? String(port) : `${address} ${port}`);
      if (action === "DENY" || action === "REJECT")
        throw failure(addition, `a rule is there that says ${action}`);
      return action !== undefined;
    },
    // "Skipping adding existing rule": ufw knows spellings of a rule that its table does not show.
    add: async () => !/^Skipping/m.test(assertDone(addition, await run(addition)).output),
    remove: async (patience) => void assertDone(removal, await run(removal, patience)),
  };
}

/** What the first rule for just this target, from anywhere, does with connections. */
function actionOf(status: string, target: string): string | undefined {
  const pattern = /^(\S+(?: \d+)?)(?:\/tcp)?\s+(ALLOW|LIMIT|DENY|REJECT)(?: IN)?\s+Anywhere\b/;
  for (const line of status.split("\n")) {
    const [, to, action] = pattern.exec(line) ?? [];
    if (to?.replace("/tcp", "") === target) return action;
  }
  return undefined;
}

function tablesRule(program: string, { port, address }: Endpoint, run: Run): Rule {
  const destination = address === null ? [] : ["-d", address];
  // -w waits for the lock that all iptables share. Inserted at the top, because a chain often ends in a refusal of all.
  const command = (verb: "-C" | "-I" | "-D"): readonly string[] => [
    program,
    "-w",
    verb,
    "INPUT",
    ...destination,
    "-p",
    "tcp",
    "--dport",
    String(port),
    "-j",
    "ACCEPT",
  ];
  return {
    program,
    removal: command("-D"),
    exists: async () => (await run(command("-C"))).code === 0,
    add: async () => assertDone(command("-I"), await run(command("-I"))).code === 0,
    remove: async (patience) => void assertDone(command("-D"), await run(command("-D"), patience)),
  };
}
