/** Every error of this package, in one table. None is thrown at a user: they are logged, and the server goes on. */
import { PacketronError } from "@packetron/core";

/** The codes of this package. */
export type FirewallErrorCode =
  | "PKT_FIREWALL_UNSUPPORTED"
  | "PKT_FIREWALL_MISSING"
  | "PKT_FIREWALL_FAILED"
  | "PKT_FIREWALL_TIMEOUT";

/** Each takes what it is about, and why. */
const messages: Readonly<Record<FirewallErrorCode, (subject: string, reason: string) => string>> = {
  PKT_FIREWALL_UNSUPPORTED: (platform) =>
    `OPEN_FIREWALL does nothing on ${platform}: it knows Linux and Windows. Open the port by hand, and leave the flag out.`,
  PKT_FIREWALL_MISSING: (program) =>
    `${program} is not on PATH. Open the port by hand, and leave OPEN_FIREWALL out.`,
  PKT_FIREWALL_FAILED: (command, reason) =>
    `"${command}" failed: ${reason}. It needs the rights of an administrator, on Linux root or a sudo that asks for no password.`,
  PKT_FIREWALL_TIMEOUT: (command, reason) => `"${command}" was given up after ${reason} ms.`,
};

/** All codes of this package, for docs and tests. */
export const firewallErrorCodes: readonly FirewallErrorCode[] = Object.freeze(
  Object.keys(messages).filter(isFirewallErrorCode),
);

/** Makes one of the errors. */
export function firewallError(code: FirewallErrorCode, subject: string, reason = ""): PacketronError {
  return new PacketronError(code, messages[code](subject, reason));
}

function isFirewallErrorCode(code: string): code is FirewallErrorCode {
  return code in messages;
}
