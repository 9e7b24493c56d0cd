/** The capability `firewall()`: claims OPEN_FIREWALL, opens the port when the server listens, closes it at the stop. */
import type { AddressInfo } from "node:net";
import type { Capability, Packetron } from "@packetron/core";
import { PacketronServerFlags } from "@packetron/core/capability";
import { endpointOf } from "./endpoint.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { Opening } from "./opening.ts";

/**
 * Adds `OPEN_FIREWALL`: when the server listens, its TCP port is opened in the machine's firewall. The port is closed
 * again when the server stops. On Linux, ufw does this if it is active, otherwise iptables and ip6tables, as root or
 * through `sudo -n`. On Windows, netsh does it.
 *
 * The commands run in the background, in the primary only. They never prompt, and never delay or fail the start: a
 * failure is one log line with a PKT_FIREWALL_* code. Nothing runs without the flag, or for a loopback address.
 *
 * @example
 * const server = new Packetron({
 *   port: 3000,
 *   flags: PacketronServerFlags.OPEN_FIREWALL,
 *   capabilities: [firewall()],
 * });
 */
export function firewall(): Capability {
  return createFirewall(thisMachine());
}

/**
 * Makes the capability `firewall()` for a given machine; tests pass a fake machine.
 *
 * @param addressOf Returns the address that a server listens on.
 */
export function createFirewall(
  machine: Machine,
  addressOf: (server: Packetron) => AddressInfo | null = (server) => server.address(),
): Capability {
  return {
    name: "@packetron/firewall",
    install({ server, settings, log, flag, lifecycle }) {
      flag("server", "OPEN_FIREWALL", PacketronServerFlags.OPEN_FIREWALL);
      // The primary opens the port once, for all its workers.
      if ((settings.flags & PacketronServerFlags.OPEN_FIREWALL) === 0 || server.role === "worker") return;
      let opening: Opening | null = null;
      lifecycle({
        listening() {
          const address = addressOf(server);
          const endpoint = address === null ? null : endpointOf(address);
          if (endpoint !== null) opening = new Opening(endpoint, machine, log);
        },
        async stopped() {
          await opening?.close();
          opening = null;
        },
      });
    },
  };
}
