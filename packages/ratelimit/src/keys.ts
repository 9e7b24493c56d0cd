/** Keys of limits: what counts together. */
import { field, fromCaller, optionError } from "@packetron/core/capability";
import type { RateLimitKey } from "./options.ts";

/**
 * Limits each address by itself. The address is `request.ip`, so a proxy is believed as the option `trustProxy` says. An
 * IPv6 client has a whole network, usually of 64 bits, and could take another address for each request; so the addresses
 * of one network count together. Requests without an address, such as those over a Unix socket, count together, too.
 *
 * @param options `ipv6Prefix`: how many bits of an IPv6 address count, 32 to 128; default 64.
 * @throws PKT_OPTION_INVALID
 * @example
 * server.handle({ routePath: "login", rateLimit: { limit: 5, key: byIp({ ipv6Prefix: 56 }) }, handler });
 */
export function byIp({ ipv6Prefix = 64 }: { readonly ipv6Prefix?: number } = {}): RateLimitKey {
  fromCaller(byIp, () => {
    if (!Number.isInteger(ipv6Prefix) || ipv6Prefix < 32 || ipv6Prefix > 128)
      throw optionError("byIp().ipv6Prefix", ipv6Prefix, "an integer from 32 to 128");
  });
  return ({ ip }) => (ip.includes(":") ? networkOf(ip, ipv6Prefix) : ip);
}

/**
 * Limits each value of a request header by itself, such as an API key. Requests without the header count together: a
 * client that leaves it out is limited, too.
 *
 * @throws PKT_OPTION_INVALID when the name is not the name of a header.
 * @example
 * server.handle({ routePath: "search", rateLimit: { limit: 1_000, key: byHeader("X-API-Key") }, handler });
 */
export function byHeader(name: string): RateLimitKey {
  fromCaller(byHeader, () => {
    if (typeof name !== "string" || !/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      throw optionError("byHeader()", name, 'the name of a header, such as "X-API-Key"');
  });
  const key = name.toLowerCase();
  return (request) => field(request, key) ?? "";
}

/** The first bits of an IPv6 address as hexadecimal text, the same for every spelling of one network. */
function networkOf(address: string, bits: number): string {
  const [head = "", tail] = address.split("%", 1)[0]?.split("::") ?? [];
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const groups = [...left, ...Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0), ...right];
  const kept = Math.ceil(bits / 16);
  const parts = groups.slice(0, kept);
  const last = bits % 16;
  if (last > 0) parts[kept - 1] = (parts[kept - 1] ?? 0) & (0xffff << (16 - last));
  return `${parts.map((group) => group.toString(16)).join(":")}/${bits}`;
}

function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return Number.parseInt(group, 16);
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number); // an IPv4 address at the end
    return [a * 256 + b, c * 256 + d];
  });
}
