/**
 * Finds the client's address. Any client can write `X-Forwarded-For`, so an entry is used only if the peers that passed
 * the request on are trusted.
 */
import type { TrustProxy } from "../config/options.ts";
import { type NetworkSet, normalAddress } from "../http/cidr.ts";
import type { Logger } from "../log/logger.ts";
import { type ForwardedRequest, isPrivate, peerAddress, readTrust } from "./trust.ts";

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

const WARNING =
  "A private address sends X-Forwarded-For but is not trusted. If it is your proxy, name it in the option trustProxy.";

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
