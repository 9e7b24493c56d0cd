/** The same client to the same worker: what a client is, and where its home is. */
import { isIPv6 } from "node:net";
import { normalAddress } from "../../http/cidr.ts";

/** A place that can be somebody's home. */
export interface Home {
  /** The number of a worker; the one that replaces it has the same number. */
  readonly slot: number;
}

/**
 * Names the client behind an address of a peer: IPv4 as it is, also when it is written as IPv6 (`::ffff:`); of IPv6
 * the first 64 bits. The rest is the host's to choose, and hosts choose a new one every day (RFC 8981): a client that
 * comes back tomorrow, or over a second connection, is recognised by its network only.
 */
export function clientOf(address: string | undefined): string {
  const normal = address === undefined ? null : normalAddress(address);
  if (normal === null) return "";
  return isIPv6(normal) ? networkOf(normal) : normal;
}

/**
 * The home of a client, by rendezvous hashing: each place draws a number for the client, the highest wins. So when a
 * place goes, its clients alone move, and they come back when it does. Of two places with one number, as while a worker
 * is being replaced, the later one wins.
 */
export function homeOf<Place extends Home>(client: string, places: readonly Place[]): Place | undefined {
  const seed = hash(client);
  let best: Place | undefined;
  let highest = -1;
  for (const place of places) {
    const draw = mix(seed ^ Math.imul(place.slot, 0x9e3779b1));
    if (draw < highest) continue;
    highest = draw;
    best = place;
  }
  return best;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}

/** The last step of MurmurHash3: each bit of the input changes half of the bits of the result. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The first four groups of an address in its shortest form. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - last.length) }, () => "0");
  return [...groups, ...zeros, ...last].slice(0, 4).join(":");
}
