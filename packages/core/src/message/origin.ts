/**
 * Finds what the client has asked for: the host, and whether its own connection is encrypted. A proxy in front of the
 * server says so in headers, which any client can write, too. So an entry is used only if a trusted proxy has written it.
 */
import type { Socket } from "node:net";
import type { TrustProxy } from "../config/options.ts";
import { type NetworkSet, normalAddress } from "../http/cidr.ts";
import { entryOf, type ForwardedElement, parseForwarded, splitList } from "../http/forwarded.ts";
import type { PacketronRequest } from "./request.ts";
import { createPeerTrust, type ForwardedRequest, readTrust } from "./trust.ts";
import { isAuthority } from "./validate-head.ts";

/** What the client has asked for. */
export interface Origin {
  /** The host with its port, as the client has written it; `""` when it has named none. */
  readonly host: string;
  /** Whether the connection of the client is encrypted. */
  readonly isSecure: boolean;
}

/**
 * The properties `host`, `protocol` and `isSecure` of requests. Middleware may set properties of these names on its own
 * account, as on Node's request: the value that it sets is the value from then on.
 */
export const originProperties: PropertyDescriptorMap & ThisType<PacketronRequest> = {
  host: settable("host", ({ host }) => host),
  protocol: settable("protocol", ({ isSecure }) => (isSecure ? "https" : "http")),
  isSecure: settable("isSecure", ({ isSecure }) => isSecure),
};

function settable(
  name: string,
  read: (origin: Origin) => unknown,
): PropertyDescriptor & ThisType<PacketronRequest> {
  return {
    configurable: true,
    get() {
      return read(this.server.readOrigin(this));
    },
    set(value: unknown) {
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
    },
  };
}

/** What a proxy says about the request that it has got; `null` for what it does not say. */
interface Claim {
  readonly host: string | null;
  readonly proto: string | null;
}

/**
 * Makes the function that returns the origin of a request.
 *
 * - When the peer is trusted, the function uses the entry of the outermost trusted proxy in `X-Forwarded-Proto` and
 *   `X-Forwarded-Host`, else in `Forwarded`. The addresses in `X-Forwarded-For` and `Forwarded` say how many proxies are
 *   trusted, as for `request.ip`.
 * - `true` trusts all peers and takes the leftmost entry, which any client can choose freely.
 * - A host that is not valid is not used. A scheme other than `https` is not secure.
 */
export function createOriginReader(trustProxy: TrustProxy): (request: ForwardedRequest) => Origin {
  const isPeerTrusted = createPeerTrust(trustProxy);
  const isTrusted: NetworkSet = trustProxy === true ? () => true : readTrust(trustProxy).network;

  return function readOrigin(request) {
    const host = request.field("host") ?? "";
    const isSecure = isEncrypted(request.socket);
    if (!isPeerTrusted(request)) return { host, isSecure };
    const claim = readClaim(request, trustProxy === true, isTrusted);
    return {
      host: claim.host !== null && isAuthority(claim.host) ? claim.host : host,
      isSecure: claim.proto === null ? isSecure : claim.proto.toLowerCase() === "https",
    };
  };
}

function readClaim(request: ForwardedRequest, isLeftmost: boolean, isTrusted: NetworkSet): Claim {
  const field = (name: string): string | undefined => request.field(name);
  const hops = isLeftmost
    ? Number.POSITIVE_INFINITY
    : countTrusted(splitList(field("x-forwarded-for")), isTrusted);
  const proto = entryOf(field("x-forwarded-proto"), hops);
  const host = entryOf(field("x-forwarded-host"), hops);
  const forwarded = proto === null || host === null ? field("forwarded") : undefined;
  if (forwarded === undefined) return { proto, host };
  const element = elementOf(parseForwarded(forwarded), isLeftmost, isTrusted);
  return { proto: proto ?? element?.proto ?? null, host: host ?? element?.host ?? null };
}

function elementOf(
  elements: readonly ForwardedElement[],
  isLeftmost: boolean,
  isTrusted: NetworkSet,
): ForwardedElement | undefined {
  const addresses = elements.map((element) => element.for);
  const hops = isLeftmost ? elements.length : countTrusted(addresses, isTrusted);
  return elements[Math.max(0, elements.length - 1 - hops)];
}

/** How many addresses at the right end of a list are trusted. Each is the peer of a proxy that the next one trusts. */
function countTrusted(addresses: readonly string[], isTrusted: NetworkSet): number {
  let count = 0;
  while (count < addresses.length) {
    const address = normalAddress(addresses[addresses.length - 1 - count] ?? "");
    if (address === null || !isTrusted(address)) return count;
    count++;
  }
  return count;
}

/** Whether a socket is one of TLS. */
function isEncrypted(socket: Socket): boolean {
  return "encrypted" in socket && socket.encrypted === true;
}
