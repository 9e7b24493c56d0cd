/** Remembers for a while what was found at a name, and what was not, in bounded memory for any names. */

/** Bounds of a {@link StatCache}. */
export interface StatLimits {
  /** How long a finding counts, in milliseconds. */
  readonly maxAge: number;
  /** How many findings are kept. */
  readonly entries: number;
}

interface Finding<Value> {
  value: Value;
  /** When the look that gave it began. */
  lookedAt: number;
  /** Asked for since the hand of the clock came by. */
  used: boolean;
}

interface Look<Value> {
  readonly startedAt: number;
  readonly promise: Promise<Value | null>;
}

/** Names that were not found are remembered too, so that asking for them again is cheap; but only so many. */
const MAX_MISSES = 1_000;

/**
 * A cache whose answers are never older than `maxAge`: age is counted from the beginning of a look, so that a change is
 * seen by every request that starts `maxAge` after it, also when it joins a look that is under way.
 */
export class StatCache<Value> {
  readonly #limits: StatLimits;
  readonly #dropped: (value: Value, successor: Value | null) => void;
  readonly #found: Map<string, Finding<Value>> = new Map();
  readonly #missed: Map<string, number> = new Map();
  readonly #looks: Map<string, Look<Value>> = new Map();

  /** @param dropped Called with a finding that leaves the cache, and with the one that takes its place, if any. */
  constructor(limits: StatLimits, dropped: (value: Value, successor: Value | null) => void) {
    this.#limits = limits;
    this.#dropped = dropped;
  }

  /**
   * What is at a name, `null` when nothing is: at once when a look at it is recent enough, else what `look` finds, who
   * gets the last finding.
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
    const underWay = this.#looks.get(name);
    if (underWay !== undefined && now - underWay.startedAt < this.#limits.maxAge) return underWay.promise;
    return this.#look(name, now, look);
  }

  /** Forgets everything. */
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
      // Two looks may overlap; the one that began later has seen more.
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

  /** The clock algorithm: who was asked for since the hand came by gets another round. */
  #evict(): void {
    for (const [name, finding] of this.#found) {
      this.#found.delete(name);
      if (!finding.used) return this.#dropped(finding.value, null);
      finding.used = false;
      this.#found.set(name, finding);
    }
  }
}
