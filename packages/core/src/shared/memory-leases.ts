/**
 * Leases of limits in the memory of one process, by the generic cell rate algorithm (GCRA). Each key has one number: its
 * theoretical arrival time (TAT), which each granted unit moves on by `window / limit`. A limit refuses while the TAT is
 * more than the burst ahead of the clock. Times are whole microseconds, as in a store that runs the same algorithm.
 */
import { assertKey, assertPolicy, assertUnits } from "../capability/shared-checks.ts";
import type { Lease, LeasePolicy } from "../capability/shared-services.ts";
import { type Clock, SECOND } from "./clock.ts";

/** The most keys that the table remembers. Clients choose keys, such as their addresses, so the table needs a bound. */
export const MAX_LEASED_KEYS = 100_000;

/** The longest life of a lease, in milliseconds. */
const MAX_LIFE = 1_000;

/** Who else takes leases from the same grantor. */
export interface Holders {
  readonly holders: number;
  readonly programs: number;
}

/** Grants leases by one clock. */
export class MemoryLeases {
  readonly #now: Clock;
  readonly #maxKeys: number;
  /** The TAT of each key. A key whose TAT lies in the past is as good as absent. */
  readonly #tats = new Map<string, number>();
  #sweptAt = Number.NEGATIVE_INFINITY;
  /** How many leases were granted and refused so far. */
  granted = 0;
  refused = 0;

  constructor(now: Clock, maxKeys: number = MAX_LEASED_KEYS) {
    this.#now = now;
    this.#maxKeys = maxKeys;
  }

  /** Grants up to `want` units, and debits them at once. See {@link Leases.take}. */
  take(key: string, policy: LeasePolicy, want: number, least: number, others: Holders): Lease {
    const lease = this.#take(key, policy, want, least, others);
    if (lease.granted > 0) this.granted++;
    else this.refused++;
    return lease;
  }

  #take(key: string, policy: LeasePolicy, want: number, least: number, others: Holders): Lease {
    assertKey(key);
    assertPolicy(policy);
    assertUnits("want", want);
    assertUnits("least", least);
    const now = this.#now();
    const known = this.#tats.get(key);
    const answer = { key, policy, grantedAt: now, ...others };
    if (known === undefined && !this.#hasRoom(now)) {
      const validFor = (this.#sweptAt + SECOND - now) / 1_000;
      return { ...answer, granted: 0, validFor, remaining: 0, resetAfter: validFor };
    }
    const tat = Math.max(known ?? now, now);
    const free = now + costOf(policy, policy.burst) - tat;
    const room = unitsIn(policy, free);
    if (room < least) {
      const validFor = (costOf(policy, least) - free) / 1_000;
      return { ...answer, granted: 0, validFor, remaining: room, resetAfter: (tat - now) / 1_000 };
    }
    const granted = Math.min(want, room);
    const next = tat + costOf(policy, granted);
    this.#tats.set(key, next);
    const validFor = Math.min(policy.window, MAX_LIFE);
    const remaining = unitsIn(policy, now + costOf(policy, policy.burst) - next);
    return { ...answer, granted, validFor, remaining, resetAfter: (next - now) / 1_000 };
  }

  /**
   * Credits unspent units of a lease, less the time since its grant. Credited in full, they could make more pass than
   * the bound: a bucket that would have been full at that time would regain the time twice.
   */
  giveBack({ key, policy, granted, grantedAt }: Lease, units: number): void {
    const tat = this.#tats.get(key);
    if (tat === undefined || !(units > 0)) return;
    const now = this.#now();
    const credit = costOf(policy, Math.floor(Math.min(units, granted))) - Math.max(0, now - grantedAt);
    if (credit <= 0) return;
    if (tat - credit > now) this.#tats.set(key, tat - credit);
    else this.#tats.delete(key);
  }

  /** How many keys the table has. */
  get size(): number {
    return this.#tats.size;
  }

  /**
   * Whether a new key fits. The table is swept at most once a second: a flood of new keys must not make each of them
   * search all others.
   */
  #hasRoom(now: number): boolean {
    if (this.#tats.size < this.#maxKeys) return true;
    if (now < this.#sweptAt + SECOND) return false;
    this.#sweptAt = now;
    for (const [key, tat] of this.#tats) if (tat <= now) this.#tats.delete(key);
    return this.#tats.size < this.#maxKeys;
  }
}

/** The time that a number of units takes, in microseconds. Rounded up, so that rounding never lets more pass. */
function costOf({ limit, window }: LeasePolicy, units: number): number {
  return Math.ceil((units * window * 1_000) / limit);
}

/** How many whole units a time has, at most the burst. */
function unitsIn(policy: LeasePolicy, free: number): number {
  const units = Math.min(policy.burst, Math.floor((free * policy.limit) / (policy.window * 1_000)));
  // The product may be rounded up beyond 2^53.
  return Math.max(0, costOf(policy, units) > free ? units - 1 : units);
}
