/**
 * Caches the results of checks of the file system for a short time, including the result that a file is missing. The
 * number of results is limited.
 */

/** Limits of a {@link StatCache}. */
export interface StatLimits {
  /** How long the result of a check stays valid, in milliseconds. */
  readonly maxAge: number;
  /** How many values of existing files are kept. */
  readonly entries: number;
}

interface Finding<Value> {
  value: Value;
  /** When the check that returned the value began, by `performance.now()`. */
  lookedAt: number;
  /** Whether the value was used since the last search for a value to evict passed it. */
  used: boolean;
}

interface Look<Value> {
  readonly startedAt: number;
  readonly promise: Promise<Value | null>;
}

/** How many names of missing files are remembered, so that repeated requests for a missing file are cheap. */
const MAX_MISSES = 1_000;

/**
 * A cache whose values are never older than `maxAge`, counted from the beginning of the check that returned the value.
 * So every request that starts `maxAge` or more after a change gets the new value, even if the request waits for a
 * check that began earlier.
 */
export class StatCache<Value> {
  readonly #limits: StatLimits;
  readonly #dropped: (value: Value, successor: Value | null) => void;
  readonly #found: Map<string, Finding<Value>> = new Map();
  readonly #missed: Map<string, number> = new Map();
  readonly #looks: Map<string, Look<Value>> = new Map();

  /** @param dropped Called with a value that leaves the cache, and with the value that replaces it, or `null`. */
  constructor(limits: StatLimits, dropped: (value: Value, successor: Value | null) => void) {
    this.#limits = limits;
    this.#dropped = dropped;
  }

  /**
   * Returns the value of a name; `null` for a missing name. If the last check is recent enough, the value is returned
   * without a promise. Otherwise `look` is called with the last value, and makes a new check.
   */
  get(
    name: string,
    look: (old: Value | null) => Promise<Value | null>,
  ): Value | null | Promise<Value | null> {
    const now = performance.now();
    const finding = this.#found.get(name);
    if (finding !== undefined && now - finding.lookedAt < this.#limits.maxAge) {
      finding.used = true;
      return finding.value;
    }
    const missedAt = this.#missed.get(name);
    if (missedAt !== undefined && now - missedAt < this.#limits.maxAge) return null;
    const pending = this.#looks.get(name);
    if (pending !== undefined && now - pending.startedAt < this.#limits.maxAge) return pending.promise;
    return this.#look(name, now, look);
  }

  /** Removes all values. */
  clear(): void {
    for (const { value } of this.#found.values()) this.#dropped(value, null);
    this.#found.clear();
    this.#missed.clear();
  }

  async #look(
    name: string,
    startedAt: number,
    look: (old: Value | null) => Promise<Value | null>,
  ): Promise<Value | null> {
    const promise = look(this.#found.get(name)?.value ?? null);
    const own: Look<Value> = { startedAt, promise };
    this.#looks.set(name, own);
    try {
      const value = await promise;
      if (value === null) this.#miss(name, startedAt);
      else this.#keep(name, startedAt, value);
      return value;
    } finally {
      if (this.#looks.get(name) === own) this.#looks.delete(name);
    }
  }

  #keep(name: string, lookedAt: number, value: Value): void {
    this.#missed.delete(name);
    const before = this.#found.get(name);
    if (before === undefined) {
      this.#found.set(name, { value, lookedAt, used: false });
      if (this.#found.size > this.#limits.entries) this.#evict();
    } else if (before.lookedAt <= lookedAt) {
      // Two checks may overlap. The result of the one that began later is kept.
      if (before.value !== value) this.#dropped(before.value, value);
      before.value = value;
      before.lookedAt = lookedAt;
    }
  }

  #miss(name: string, lookedAt: number): void {
    const before = this.#found.get(name);
    if (before !== undefined && before.lookedAt > lookedAt) return;
    if (before !== undefined) {
      this.#found.delete(name);
      this.#dropped(before.value, null);
    }
    this.#missed.delete(name);
    this.#missed.set(name, lookedAt);
    if (this.#missed.size <= MAX_MISSES) return;
    const [oldest] = this.#missed.keys();
    if (oldest !== undefined) this.#missed.delete(oldest);
  }

  /**
   * Evicts one value with the clock algorithm: searches from the oldest value for a value that was not used since the
   * last search passed it. Used values are passed and moved to the end.
   */
  #evict(): void {
    for (const [name, finding] of this.#found) {
      this.#found.delete(name);
      if (!finding.used) return this.#dropped(finding.value, null);
      finding.used = false;
      this.#found.set(name, finding);
    }
  }
}
