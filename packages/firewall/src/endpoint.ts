/** The TCP port to open, at one address or at every address of the machine. */
import { type AddressInfo, BlockList, isIP, isIPv6 } from "node:net";

/** A TCP port of this machine. */
export interface Endpoint {
  readonly port: number;
  /**
   * One address as an IP literal, so that a firewall program cannot take it for an option; `null` for every address.
   */
  readonly address: string | null;
}

const loopback: BlockList = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

const EVERY_ADDRESS = new Set(["0.0.0.0", "::"]);

/**
 * Returns the endpoint (port and address) that the firewall must open for a listening server.
 *
 * @returns `null` when no port has to be opened: the server listens on a loopback address, or on a path.
 */
export function endpointOf({ address, port }: Pick<AddressInfo, "address" | "port">): Endpoint | null {
  const literal = address.replace(/%.*$/s, "").replace(/^::ffff:(?=\d+\.)/i, "");
  const family = isIP(literal);
  if (family === 0 || !Number.isInteger(port) || port < 1 || port > 65_535) return null;
  if (EVERY_ADDRESS.has(literal)) return { port, address: null };
  return loopback.check(literal, isIPv6(literal) ? "ipv6" : "ipv4") ? null : { port, address: literal };
}
