/** Choices among workers: the least loaded one, and with "sticky-ip" the home of a client. */
import { isIPv6 } from "node:net";
import { normalAddress } from "../../http/cidr.ts";

/**
 * Chooses the item with the least load, starting after the last choice, so that ties rotate. With equal loads this is
 * round robin.
 *
 * @returns The index; `undefined` when no item has room.
 */
export function chooseLeastLoaded<Item>(
  items: readonly Item[],
  last: number,
  hasRoom: (item: Item) => boolean,
  loadOf: (item: Item) => number,
): number | undefined {
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= items.length; step += 1) {
    const index = (last + step) % items.length;
    const item = items[index];
    if (item === undefined || !hasRoom(item)) continue;
    const load = loadOf(item);
    if (load >= least) continue;
    best = index;
    least = load;
  }
  return best;
}

/** A worker that can be the home of clients. */
export interface Home {
  /** The number of the worker; its replacement has the same number. */
  readonly slot: number;
}

/**
 * Names the client of an address: an IPv4 address as it is, also when it is written as IPv6 (`::ffff:`); the first 64
 * bits of an IPv6 address. The host chooses the rest, and hosts choose a new one every day (RFC 8981): only the network
 * recognises a client that returns tomorrow or opens a second connection.
 */
export function clientOf(address: string | undefined): string {
  const normal = address === undefined ? null : normalAddress(address);
  if (normal === null) return "";
  return isIPv6(normal) ? networkOf(normal) : normal;
}

/**
 * Chooses the home of a client by rendezvous hashing: each home draws a number for the client, and the highest wins. So
 * when a home is removed only its clients move, and they return when it does. Of two homes with one number, as during the
 * replacement of a worker, the later one wins.
 */
export function homeOf<Candidate extends Home>(
  client: string,
  candidates: readonly Candidate[],
): Candidate | undefined {
  const seed = hash(client);
  let best: Candidate | undefined;
  let highest = -1;
  for (const candidate of candidates) {
    const draw = mix(seed ^ Math.imul(candidate.slot, 0x9e3779b1));
    if (draw < highest) continue;
    highest = draw;
    best = candidate;
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
