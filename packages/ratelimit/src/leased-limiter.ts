/**
 * Limits that processes share. A process takes units of a limit in advance, as a lease, and spends them without asking:
 * about ten messages a second for a busy key. Only the first request after the end of a lease waits for the next one.
 */
import type { Lease, SharedServices } from "@packetron/core/capability";
import { KeyTable } from "./key-table.ts";
import type { Clock, KeyState, Limiter, Policy } from "./state.ts";

/** The time for which a lease should last, in milliseconds. */
const LEASE_TIME = 100;

/** The units of one key that this process holds. */
interface Share extends KeyState {
  readonly key: string;
  lease: Lease | null;
  units: number;
  /** When the units may no longer be spent, by the limiter's clock. */
  expiresAt: number;
  /** The units that requests have asked for since `countedAt`, and how many that was in the last {@link LEASE_TIME}. */
  asked: number;
  countedAt: number;
  rate: number;
  /** The lease that is under way. Rejects when the grantor cannot be reached. */
  taking: Promise<void> | null;
}

/** What a {@link LeasedLimiter} is made of. */
export interface LeasedLimiterOptions {
  readonly services: Pick<SharedServices, "leases" | "state">;
  readonly clock: Clock;
  readonly policy: () => Policy;
  /** Distinguishes the keys of this limit from those of all others. The same in every process. */
  readonly name: string;
  /** Whether a new key may spend the whole burst, or only as much as one request costs. */
  readonly startsFull: boolean;
  /** Decides while the grantor cannot be reached. */
  readonly whenDown: Limiter;
  /** Called with each lease. */
  readonly onLease?: (lease: Lease) => void;
}

/** Spends leases of a limit. */
export class LeasedLimiter implements Limiter {
  readonly #options: LeasedLimiterOptions;
  readonly #shares = new KeyTable<Share>(
    (share, now) => share.taking === null && now >= share.expiresAt && now >= share.retryAt,
  );

  constructor(options: LeasedLimiterOptions) {
    this.#options = options;
  }

  take(key: string): KeyState | Promise<KeyState> {
    const { clock, policy } = this.#options;
    const now = clock.now();
    const share = this.#shares.get(key);
    if (share === undefined) return this.#takeFirst(key, now);
    const { cost } = policy();
    share.asked += cost;
    if (share.units >= cost && now < share.expiresAt) {
      share.units -= cost;
      share.remaining -= cost;
      share.passes = true;
      return share;
    }
    return this.#takeMore(share, now);
  }

  giveBack(): void {
    for (const share of this.#shares.states) this.#return(share);
  }

  #takeFirst(key: string, now: number): KeyState | Promise<KeyState> {
    const { policy, whenDown, services } = this.#options;
    if (services.state === "down") return whenDown.take(key);
    const share: Share = {
      key,
      lease: null,
      units: 0,
      expiresAt: Number.NEGATIVE_INFINITY,
      asked: policy().cost,
      countedAt: now,
      rate: 0,
      taking: null,
      passes: false,
      remaining: 0,
      resetAt: now,
      retryAt: Number.NEGATIVE_INFINITY,
    };
    if (this.#shares.add(key, share, now)) return this.#takeMore(share, now);
    return { passes: false, remaining: 0, resetAt: now + 1_000, retryAt: now + 1_000 };
  }

  /** Decides about a request for which the units of this process do not suffice. */
  #takeMore(share: Share, now: number): KeyState | Promise<KeyState> {
    const { services, whenDown } = this.#options;
    if (now < share.retryAt) {
      share.passes = false;
      return share;
    }
    if (services.state === "down") return whenDown.take(share.key);
    share.taking ??= this.#lease(share, now).finally(() => {
      share.taking = null;
    });
    // Requests that wait for the same lease spend it in the order in which they arrived.
    return share.taking.then(
      () => this.#spend(share),
      () => whenDown.take(share.key),
    );
  }

  /** Decides about a request that has waited for a lease. */
  #spend(share: Share): KeyState | Promise<KeyState> {
    const { clock, policy } = this.#options;
    const { cost } = policy();
    const now = clock.now();
    if (share.units < cost || now >= share.expiresAt) return this.#takeMore(share, now);
    share.units -= cost;
    share.remaining -= cost;
    share.passes = true;
    return share;
  }

  async #lease(share: Share, now: number): Promise<void> {
    const { services, policy, name, startsFull, onLease } = this.#options;
    this.#return(share);
    const { cost, ...limit } = policy();
    const isNew = share.lease === null;
    // A new key that must not have a fresh burst takes all of it, and keeps what one request costs.
    const isDrained = isNew && !startsFull;
    const want = isDrained ? limit.burst : this.#want(share, now, cost, limit.limit);
    const lease = await services.leases.take(`${name}${share.key}`, limit, want, cost);
    onLease?.(lease);
    const end = now + lease.validFor;
    const isGranted = lease.granted >= cost;
    share.lease = lease;
    share.units = isDrained ? Math.min(lease.granted, cost) : lease.granted;
    share.expiresAt = isGranted ? end : now;
    share.retryAt = isGranted ? now : end;
    share.remaining = lease.remaining + share.units;
    share.resetAt = now + lease.resetAfter;
  }

  /** How many units to take: as many as requests have asked for in the last {@link LEASE_TIME}. */
  #want(share: Share, now: number, cost: number, limit: number): number {
    const elapsed = now - share.countedAt;
    if (elapsed >= LEASE_TIME) {
      share.rate = (share.asked * LEASE_TIME) / elapsed;
      share.asked = 0;
      share.countedAt = now;
    }
    const most = Math.max(1, Math.floor(limit / (4 * (share.lease?.holders ?? 1))));
    return Math.max(cost, Math.min(Math.ceil(Math.max(share.rate, share.asked)), most));
  }

  /** Returns the units that a lease has left. */
  #return(share: Share): void {
    const { lease, units } = share;
    if (lease === null || units === 0) return;
    share.units = 0;
    this.#options.services.leases.giveBack(lease, units);
  }
}
