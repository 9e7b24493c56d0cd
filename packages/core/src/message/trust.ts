/** Decides which peers are believed when they say who sent a request: the option `trustProxy`. */
import type { Socket } from "node:net";
import type { TrustProxy } from "../config/options.ts";
import { coreError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";
import { createNetworkSet, type Network, type NetworkSet, normalAddress } from "../http/cidr.ts";

// Networks, not texts: `isIP()` of Node takes 3 ms to compile its expression for the first IPv6 address that it checks.
const LOOPBACK: readonly Network[] = [v4("127.0.0.0", 8), v6("::1", 128)];

/**
 * Private and link-local networks: RFC 1918, 3927, 4193, 4291. The list leaves out RFC 6598 (100.64.0.0/10): strangers
 * who use the same internet provider share these addresses.
 */
const PRIVATE: readonly Network[] = [
  ...LOOPBACK,
  v4("10.0.0.0", 8),
  v4("172.16.0.0", 12),
  v4("192.168.0.0", 16),
  v4("169.254.0.0", 16),
  v6("fc00::", 7),
  v6("fe80::", 10),
];

/** Whether an address is in a private network. */
export const isPrivate: NetworkSet = createNetworkSet(PRIVATE, refuseEntry);

/** The members of a request from which core finds its client. */
export interface ForwardedRequest {
  readonly socket: Socket;
  /** Returns the value of a header; `undefined` without the header. */
  field(name: string): string | undefined;
}

/** Which peers are trusted. */
export interface Trust {
  readonly network: NetworkSet;
  /** Whether peers on a Unix socket are trusted. They have no address, but only local programs can open the socket. */
  readonly unix: boolean;
}

/**
 * Makes the function that returns whether the peer of a request is trusted. If so, the peer's other headers about the
 * client are believed, too.
 */
export function createPeerTrust(trustProxy: TrustProxy): (request: ForwardedRequest) => boolean {
  if (trustProxy === true) return () => true;
  const trust = readTrust(trustProxy);
  return function isPeerTrusted({ socket }) {
    const peer = peerAddress(socket);
    return peer === null ? trust.unix : peer !== "" && trust.network(peer);
  };
}

/**
 * Reads the option `trustProxy`. `true` is not a set of networks: the caller treats it by itself.
 *
 * @throws PKT_OPTION_INVALID for an entry that is not an address, a CIDR, `"loopback"` or `"private"`.
 */
export function readTrust(trustProxy: TrustProxy): Trust {
  const words =
    typeof trustProxy === "boolean" ? [] : typeof trustProxy === "string" ? [trustProxy] : trustProxy;
  const entries = words.flatMap((word): readonly (string | Network)[] =>
    word === "loopback" ? LOOPBACK : word === "private" ? PRIVATE : [word],
  );
  const unix = words.includes("loopback") || words.includes("private");
  return { network: createNetworkSet(entries, refuseEntry), unix };
}

/** The peer's address; `null` on a Unix socket, `""` when it is no longer known. */
export function peerAddress(socket: Socket): string | null {
  const { remoteAddress } = socket;
  if (remoteAddress !== undefined) return normalAddress(remoteAddress) ?? "";
  // After a reset, a TCP socket has a local address but no remote one. It must not be taken for a Unix socket.
  return socket.destroyed || socket.localAddress !== undefined ? "" : null;
}

function v4(address: string, prefix: number): Network {
  return { address, prefix, family: "ipv4" };
}

function v6(address: string, prefix: number): Network {
  return { address, prefix, family: "ipv6" };
}

function refuseEntry(entry: string): never {
  throw coreError("PKT_OPTION_INVALID", {
    option: "trustProxy",
    received: showValue(entry),
    expected: 'addresses and CIDRs such as "10.0.0.0/8", "loopback" or "private"',
  });
}
