/** The capability: claims OPEN_FIREWALL and follows the server from its first connection to its stop. */
import type { AddressInfo } from "node:net";
import { type Capability, type Packetron, PacketronServerFlags } from "@packetron/core";
import { endpointOf } from "./endpoint.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { Opening } from "./opening.ts";

/**
 * Adds `OPEN_FIREWALL`: once the server listens, its TCP port is opened in the machine's firewall, and closed again when
 * the server stops. On Linux by ufw where that is active, otherwise by iptables and ip6tables, as root or through
 * `sudo -n`; on Windows by netsh.
 *
 * It happens in the background, in the primary only, and never prompts, delays or fails the start: what cannot be done is
 * one log line with a PKT_FIREWALL_* code. Nothing happens without the flag, nor at a loopback address.
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
 * The capability for a machine.
 *
 * @param addressOf Where a server listens.
 */
export function createFirewall(
  machine: Machine,
  addressOf: (server: Packetron) => AddressInfo | null = (server) => server.address(),
): Capability {
  return {
    name: "@packetron/firewall",
    install({ server, settings, log, flag, lifecycle }) {
      flag("server", "OPEN_FIREWALL", PacketronServerFlags.OPEN_FIREWALL);
      // The port belongs to the primary, however many workers serve it.
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
