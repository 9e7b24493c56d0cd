/**
 * Every error of this package, in one table. The errors are logged, not thrown to the program; the server continues.
 */
import type { ErrorFactory } from "@packetron/core";
import { defineErrors } from "@packetron/core/capability";

/** The codes of this package, each with the facts that its message is made of. */
interface FirewallErrors {
  PKT_FIREWALL_UNSUPPORTED: { platform: string };
  PKT_FIREWALL_MISSING: { program: string };
  PKT_FIREWALL_FAILED: { command: string; reason: string };
  PKT_FIREWALL_TIMEOUT: { command: string; timeout: number };
}

/** The codes of this package. */
export type FirewallErrorCode = keyof FirewallErrors;

/** Makes one of the errors. */
export const firewallError: ErrorFactory<FirewallErrors> = defineErrors<FirewallErrors>({
  PKT_FIREWALL_UNSUPPORTED: {
    message: (f) =>
      `OPEN_FIREWALL does nothing on ${f.platform}: it supports Linux and Windows. Open the port by hand, and leave the flag out.`,
  },
  PKT_FIREWALL_MISSING: {
    message: (f) => `${f.program} is not on PATH. Open the port by hand, and leave OPEN_FIREWALL out.`,
  },
  PKT_FIREWALL_FAILED: {
    message: (f) =>
      `"${f.command}" failed: ${f.reason}. It needs administrator rights: on Linux, root or a sudo without a password.`,
  },
  PKT_FIREWALL_TIMEOUT: {
    message: (f) =>
      `"${f.command}" did not end within ${f.timeout} ms and was killed. Open the port by hand, and leave OPEN_FIREWALL out.`,
  },
});

/** All codes of this package, for docs and tests. */
export const firewallErrorCodes: readonly FirewallErrorCode[] = firewallError.codes;
