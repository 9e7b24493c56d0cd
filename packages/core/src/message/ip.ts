/**
 * Finds the client's address. Any client can write `X-Forwarded-For`, so an entry is used only if the peers that passed
 * the request on are trusted.
 */
import type { Socket } from "node:net";
import type { TrustProxy } from "../config/options.ts";
import { coreError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";
import { createNetworkSet, type NetworkSet, normalAddress } from "../http/cidr.ts";
import type { Logger } from "../log/logger.ts";

const LOOPBACK: readonly string[] = ["127.0.0.0/8", "::1"];

/**
 * Private and link-local networks: RFC 1918, 3927, 4193, 4291. The list leaves out RFC 6598 (100.64.0.0/10): strangers
 * who use the same internet provider share these addresses.
 */
const PRIVATE: readonly string[] = [
  ...LOOPBACK,
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "fc00::/7",
  "fe80::/10",
];

const isPrivate: NetworkSet = createNetworkSet(PRIVATE, refuseEntry);

/** The members of a request from which core finds the client's address. */
export interface ForwardedRequest {
  readonly socket: Socket;
  /** Returns the value of a header; `undefined` without the header. */
  field(name: string): string | undefined;
}

/** Which peers are trusted. */
interface Trust {
  readonly network: NetworkSet;
  /** Whether peers on a Unix socket are trusted. They have no address, but only local programs can open the socket. */
  readonly unix: boolean;
}

/**
 * Makes the function that returns the address of a request's client.
 *
 * - When the peer is trusted, the function reads `X-Forwarded-For` from the right, past further trusted addresses. The
 *   first address that is not trusted is the client's.
 * - An entry that is not an address ends the walk; the last address before it is the client's.
 * - `true` trusts all peers and takes the leftmost address, which any client can choose freely.
 * - Ports, brackets and `::ffff:` are stripped.
 * - The result is `""` when the address is unknown: a Unix-socket peer without the header, or a closed connection.
 *
 * @param trustProxy `"loopback"` (which includes Unix sockets), `"private"` (which includes loopback), a list of
 *   addresses, CIDRs and these two words, `false` or `true`.
 * @throws PKT_OPTION_INVALID for an entry of the list that is not an address, a CIDR or one of the two words.
 */
export function createIpReader(trustProxy: TrustProxy, log: Logger): (request: ForwardedRequest) => string {
  const trust = readTrust(trustProxy);
  let warned = false;

  return function readIp(request) {
    const peer = peerAddress(request.socket);
    const entries = request.field("x-forwarded-for");
    if (entries === undefined) return peer ?? "";
    if (trustProxy === true) return leftmostAddress(entries) ?? peer ?? "";
    if (peer === null) return trust.unix ? walk(entries, "", trust.network) : "";
    if (peer === "") return "";
    if (trust.network(peer)) return walk(entries, peer, trust.network);
    if (!warned && isPrivate(peer)) {
      warned = true;
      log.warn({ peer, trustProxy }, WARNING);
    }
    return peer;
  };
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

const WARNING =
  "A private address sends X-Forwarded-For but is not trusted. If it is your proxy, name it in the option trustProxy.";

function readTrust(trustProxy: TrustProxy): Trust {
  const words =
    typeof trustProxy === "boolean" ? [] : typeof trustProxy === "string" ? [trustProxy] : trustProxy;
  const entries = words.flatMap((word) =>
    word === "loopback" ? LOOPBACK : word === "private" ? PRIVATE : [word],
  );
  const unix = words.includes("loopback") || words.includes("private");
  return { network: createNetworkSet(entries, refuseEntry), unix };
}

/** The peer's address; `null` on a Unix socket, `""` when it is no longer known. */
function peerAddress(socket: Socket): string | null {
  const { remoteAddress } = socket;
  if (remoteAddress !== undefined) return normalAddress(remoteAddress) ?? "";
  // After a reset, a TCP socket has a local address but no remote one. It must not be taken for a Unix socket.
  return socket.destroyed || socket.localAddress !== undefined ? "" : null;
}

/**
 * Returns the client's address from the entries of `X-Forwarded-For`, read from the right, because each proxy appends
 * the address of its peer. The time is linear in the length of the header.
 */
function walk(entries: string, peer: string, isTrusted: NetworkSet): string {
  let client = peer;
  for (let end = entries.length; end >= 0; ) {
    const comma = end === 0 ? -1 : entries.lastIndexOf(",", end - 1);
    const entry = entries.slice(comma + 1, end).trim();
    end = comma;
    if (entry === "") continue; // RFC 9110 section 5.6.1: empty elements of a list are ignored
    const address = normalAddress(entry);
    if (address === null) return client;
    client = address;
    if (!isTrusted(address)) return client;
  }
  return client;
}

function leftmostAddress(entries: string): string | null {
  for (let start = 0; start <= entries.length; ) {
    const comma = entries.indexOf(",", start);
    const end = comma === -1 ? entries.length : comma;
    const address = normalAddress(entries.slice(start, end).trim());
    if (address !== null) return address;
    start = end + 1;
  }
  return null;
}

function refuseEntry(entry: string): never {
  throw coreError("PKT_OPTION_INVALID", {
    option: "trustProxy",
    received: showValue(entry),
    expected: 'addresses and CIDRs such as "10.0.0.0/8", "loopback" or "private"',
  });
}
