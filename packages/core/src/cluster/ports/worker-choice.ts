/**
 * Chooses the worker for a connection: the least loaded worker or, with "sticky-ip", the worker that is the client's
 * home.
 */
import { isIPv6 } from "node:net";
import { normalAddress } from "../../http/cidr.ts";

/**
 * Chooses the item with the least load. The search starts after the item chosen last, so that items with equal loads
 * take turns.
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

/** A worker that can be the home of clients: with "sticky-ip", all connections of a client go to its home. */
export interface Home {
  /** The number of the worker; its replacement has the same number. */
  readonly slot: number;
}

/**
 * Returns the part of an address that identifies a client: the whole IPv4 address, even if it is written as IPv6
 * (`::ffff:`), or the first 64 bits of an IPv6 address. A client chooses the last 64 bits itself and changes them daily
 * (RFC 8981), so tomorrow, or over a second connection, only the first 64 bits are the same. An unknown address gives
 * an empty string.
 */
export function clientOf(address: string | undefined): string {
  const normal = address === undefined ? null : normalAddress(address);
  if (normal === null) return "";
  return isIPv6(normal) ? networkOf(normal) : normal;
}

/**
 * Chooses the home of a client by rendezvous hashing: each candidate (worker) gets a pseudo-random number for the
 * client, and the highest number wins. If a home is removed, only its clients move, and they return when the home
 * returns. During the replacement of a worker two candidates have the same slot, and the later candidate wins.
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

/** The FNV-1a hash, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}

/** The finalizer of MurmurHash3: each bit of the input changes about half of the bits of the result. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The first four groups (64 bits) of an IPv6 address that is in its shortest form. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - last.length) }, () => "0");
  return [...groups, ...zeros, ...last].slice(0, 4).join(":");
}
