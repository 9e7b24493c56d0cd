/** Locks in the memory of one process. */
import { assertKey, assertTtl } from "../capability/shared-checks.ts";
import { coreError } from "../errors/errors.ts";
import { type Clock, SECOND } from "./clock.ts";
import { Tokens } from "./tokens.ts";

/** The most locks that can be held at once. */
const MAX_LOCKS = 100_000;

interface Held {
  readonly token: bigint;
  /** The process that holds the lock. */
  readonly holder: object;
  endsAt: number;
}

/** Gives each lock to one holder at a time. */
export class MemoryLocks {
  readonly #now: Clock;
  readonly #held = new Map<string, Held>();
  #sweptAt = Number.NEGATIVE_INFINITY;
  readonly #tokens = new Tokens();

  constructor(now: Clock) {
    this.#now = now;
  }

  /** Returns the fencing token of the lock, or `null` when another holder has it. */
  acquire(name: string, ttl: number, holder: object): bigint | null {
    assertKey(name, "name");
    assertTtl(ttl);
    const now = this.#now();
    const held = this.#held.get(name);
    if (held !== undefined && held.endsAt > now) return null;
    if (held === undefined) this.#makeRoom(now);
    const token = this.#tokens.next();
    this.#held.set(name, { token, holder, endsAt: now + Math.floor(ttl * 1_000) });
    return token;
  }

  /** Extends a lock, unless it has ended. Returns whether the token still holds it. */
  renew(name: string, token: bigint, ttl: number): boolean {
    assertTtl(ttl);
    const now = this.#now();
    const held = this.#held.get(name);
    if (held === undefined || held.token !== token || held.endsAt <= now) return false;
    held.endsAt = now + Math.floor(ttl * 1_000);
    return true;
  }

  release(name: string, token: bigint): void {
    if (this.#held.get(name)?.token === token) this.#held.delete(name);
  }

  /** Releases every lock of a process that has exited. */
  releaseAll(holder: object): void {
    for (const [name, held] of this.#held) if (held.holder === holder) this.#held.delete(name);
  }

  /** How many locks are held now. */
  get size(): number {
    const now = this.#now();
    return [...this.#held.values()].filter(({ endsAt }) => endsAt > now).length;
  }

  #makeRoom(now: number): void {
    if (this.#held.size < MAX_LOCKS) return;
    if (now >= this.#sweptAt + SECOND) {
      this.#sweptAt = now;
      for (const [name, { endsAt }] of this.#held) if (endsAt <= now) this.#held.delete(name);
    }
    if (this.#held.size >= MAX_LOCKS)
      throw coreError("PKT_SHARED_FULL", {
        what: `locks: ${MAX_LOCKS} are held`,
        cure: "Use fewer names, or a shorter ttl.",
      });
  }
}
