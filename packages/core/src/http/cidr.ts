/** IP addresses and networks as text: a canonical form of addresses, and sets of networks. */
import { BlockList, isIP, isIPv4, SocketAddress } from "node:net";

/** Matches an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), in its shortest form. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/** Matches IPv4 with a port, or IPv6 in brackets with or without a port. */
const WITH_PORT = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/;

/**
 * The longest text that is parsed as an address. An IPv6 address with an IPv4 tail, a zone, brackets and a port is
 * shorter.
 */
const LONGEST = 100;

/**
 * Returns the canonical form of an address: no port, brackets or zone, `::ffff:1.2.3.4` as `1.2.3.4`, IPv6 in lower
 * case and shortened. So the text for one client is always the same, although proxies write addresses differently.
 *
 * @returns `null` for a text that is not an address.
 */
export function normalAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  if (text.length > LONGEST) return null;
  const match = WITH_PORT.exec(text);
  const address = match === null ? text : (match[1] ?? match[2] ?? "");
  const family = isIP(address);
  if (family === 4) return match?.[1] === undefined ? address : null;
  if (family !== 6) return null;
  const shortest = new SocketAddress({ address, family: "ipv6" }).address;
  return MAPPED.exec(shortest)?.[1] ?? shortest;
}

/** Whether an address, in the form of {@link normalAddress}, is in one of the networks of a set. */
export type NetworkSet = (address: string) => boolean;

/**
 * Makes a function that says whether an address is in one of several networks.
 *
 * @param entries Addresses and CIDRs, such as `"10.0.0.0/8"` and `"2001:db8::1"`, and networks that are known to be valid.
 * @param refuse Called with an entry that is neither an address nor a CIDR; throws an error about the entry.
 */
export function createNetworkSet(
  entries: readonly (string | Network)[],
  refuse: (entry: string) => never,
): NetworkSet {
  const networks = new BlockList();
  for (const entry of entries) {
    const network = typeof entry === "string" ? (readNetwork(entry) ?? refuse(entry)) : entry;
    networks.addSubnet(network.address, network.prefix, network.family);
  }
  return (address) => networks.check(address, isIPv4(address) ? "ipv4" : "ipv6");
}

/** A network in the form of `BlockList.addSubnet()`. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

function readNetwork(entry: string): Network | null {
  const match = /^([^/[\]]+)(?:\/(\d{1,3}))?$/.exec(entry);
  const text = match?.[1] ?? "";
  const address = isIP(text) === 0 ? null : normalAddress(text);
  if (address === null) return null;
  const bits = isIPv4(text) ? 32 : 128;
  const family = isIPv4(address) ? "ipv4" : "ipv6";
  // The prefix of an IPv4-mapped address counts 96 bits more than that of the IPv4 address.
  const prefix = Number(match?.[2] ?? bits) - (bits === 128 && family === "ipv4" ? 96 : 0);
  return prefix >= 0 && prefix <= (family === "ipv4" ? 32 : 128) ? { address, prefix, family } : null;
}
