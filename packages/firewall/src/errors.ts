/** Every error of this package, in one table. None is thrown at a user: they are logged, and the server goes on. */
import { defineErrors, type ErrorFactory } from "@packetron/core";

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
      `OPEN_FIREWALL does nothing on ${f.platform}: it knows Linux and Windows. Open the port by hand, and leave the flag out.`,
  },
  PKT_FIREWALL_MISSING: {
    message: (f) => `${f.program} is not on PATH. Open the port by hand, and leave OPEN_FIREWALL out.`,
  },
  PKT_FIREWALL_FAILED: {
    message: (f) =>
      `"${f.command}" failed: ${f.reason}. It needs the rights of an administrator, on Linux root or a sudo that asks for no password.`,
  },
  PKT_FIREWALL_TIMEOUT: {
    message: (f) => `"${f.command}" was given up after ${f.timeout} ms.`,
  },
});

/** All codes of this package, for docs and tests. */
export const firewallErrorCodes: readonly FirewallErrorCode[] = firewallError.codes;
