/**
 * Opens ports on Linux: with ufw where ufw is active, because ufw overwrites changes that other programs make to its
 * chains; otherwise with iptables.
 */

import { isIPv4 } from "node:net";
import { isPacketronError } from "@packetron/core/capability";
import type { Endpoint } from "./endpoint.ts";
import { assertDone, failure, type Rule } from "./rule.ts";
import type { Run } from "./run-command.ts";

/** Returns the rules that open an endpoint: one rule of ufw, or one rule of iptables for each version of IP. */
export async function linuxRules(endpoint: Endpoint, run: Run): Promise<Rule[]> {
  const status = await ufwStatus(run);
  if (status !== null) return [ufwRule(endpoint, status, run)];
  const { address } = endpoint;
  const programs =
    address === null ? ["iptables", "ip6tables"] : [isIPv4(address) ? "iptables" : "ip6tables"];
  return programs.map((program) => tablesRule(program, endpoint, run));
}

/**
 * The output of `ufw status`, or `null` when ufw is not active. If ufw is missing, or sudo does not allow it, iptables
 * is tried next. After a timeout nothing else is tried, because the next command would hang, too.
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
        throw failure(addition, `an existing rule for the port says ${action}`);
      return action !== undefined;
    },
    // "Skipping adding existing rule": the rule exists in a spelling that `ufw status` does not show.
    add: async () => !/^Skipping/m.test(assertDone(addition, await run(addition)).output),
    remove: async (timeoutMs) => void assertDone(removal, await run(removal, timeoutMs)),
  };
}

/** The action of the first rule with exactly this target and from anywhere: ALLOW, LIMIT, DENY or REJECT. */
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
  // -w waits for the lock that all iptables commands share. -I inserts at the top, because a chain often ends with a
  // rule that rejects everything.
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
    remove: async (timeoutMs) => void assertDone(command("-D"), await run(command("-D"), timeoutMs)),
  };
}
