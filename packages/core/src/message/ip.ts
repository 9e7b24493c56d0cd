/**
 * The client's address. `X-Forwarded-For` is what anybody may write, so it counts only as far as the peers that handed
 * the request over are believed.
 */
import type { Socket } from "node:net";
import type { TrustProxy } from "../config/options.ts";
import { coreError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";
import { createNetworkSet, type NetworkSet, normalAddress } from "../http/cidr.ts";
import type { Logger } from "../log/logger.ts";

const LOOPBACK: readonly string[] = ["127.0.0.0/8", "::1"];

/** Private and link-local networks: RFC 1918, 3927, 4193, 4291. Not RFC 6598: a carrier's clients share that one. */
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

/** What the address is read from. */
export interface ForwardedRequest {
  readonly socket: Socket;
  /** The value of a header. */
  field(name: string): string | undefined;
}

/** Who is believed. */
interface Trust {
  readonly network: NetworkSet;
  /** Peers on a Unix socket, which have no address: whoever can open it is on this machine. */
  readonly unix: boolean;
}

/**
 * Makes the function that tells a request's client address.
 *
 * When the peer is believed, `X-Forwarded-For` is walked from the right, past further believed addresses; the first one
 * that is not believed is the client. An entry that is no address ends the walk: the last good one counts. `true`
 * believes everybody and takes the leftmost address, which any client can choose freely. Ports, brackets and `::ffff:`
 * are stripped. The result is `""` when the address is unknown: a Unix-socket peer without the header, or a connection
 * that is closed already.
 *
 * @param trustProxy `"loopback"` (which includes Unix sockets), `"private"` (which includes loopback), a list of
 *   addresses, CIDRs and these two words, `false` or `true`.
 * @throws PKT_OPTION_INVALID for an entry of the list that is none of those.
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
 * Makes the function that tells whether the peer that handed a request over is believed: what else it says about the
 * client counts then, too.
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
  "A private address sends X-Forwarded-For but is not believed. If it is your proxy, name it in the option trustProxy.";

function readTrust(trustProxy: TrustProxy): Trust {
  const words =
    typeof trustProxy === "boolean" ? [] : typeof trustProxy === "string" ? [trustProxy] : trustProxy;
  const entries = words.flatMap((word) =>
    word === "loopback" ? LOOPBACK : word === "private" ? PRIVATE : [word],
  );
  const unix = words.includes("loopback") || words.includes("private");
  return { network: createNetworkSet(entries, refuseEntry), unix };
}

/** The peer's address, `null` on a Unix socket, `""` when it cannot be known any more. */
function peerAddress(socket: Socket): string | null {
  const { remoteAddress } = socket;
  if (remoteAddress !== undefined) return normalAddress(remoteAddress) ?? "";
  // A TCP peer that has reset its connection has no address either, and must not pass for a local one. Its own end has.
  return socket.destroyed || socket.localAddress !== undefined ? "" : null;
}

/** From the right: each address was written by the one that stands behind it. Linear, whatever the length. */
function walk(entries: string, peer: string, isBelieved: NetworkSet): string {
  let client = peer;
  for (let end = entries.length; end >= 0; ) {
    const comma = end === 0 ? -1 : entries.lastIndexOf(",", end - 1);
    const entry = entries.slice(comma + 1, end).trim();
    end = comma;
    if (entry === "") continue; // empty elements of a list do not count, RFC 9110 section 5.6.1
    const address = normalAddress(entry);
    if (address === null) return client;
    client = address;
    if (!isBelieved(address)) return client;
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
