/** A lock that is renewed while it is needed, with a signal that aborts before it ends. */
import type { Lock } from "../capability/shared-services.ts";
import { coreError } from "../errors/errors.ts";

/** Renews a lock three times within its ttl. */
export class HeldLock {
  readonly token: bigint;
  readonly #lock: Lock;
  readonly #name: string;
  readonly #ttl: number;
  readonly #controller = new AbortController();
  #renewal: NodeJS.Timeout | undefined;
  #end: NodeJS.Timeout | undefined;

  constructor(lock: Lock, name: string, ttl: number) {
    this.token = lock.token;
    this.#lock = lock;
    this.#name = name;
    this.#ttl = ttl;
    this.#watch();
    this.#renewal = setInterval(() => void this.#renew(), ttl / 3).unref();
  }

  /**
   * Aborts when a tenth of the ttl is left and the lock could not be renewed, or when another process has it. A process that
   * is paused cannot abort in time; a token protects from its writes.
   */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Releases the lock. Never rejects: a lock that cannot be released ends by itself. */
  async release(): Promise<void> {
    this.#stop();
    await this.#lock.release().catch(() => {});
  }

  async #renew(): Promise<void> {
    try {
      const isHeld = await this.#lock.renew();
      if (this.#renewal === undefined) return; // released, or aborted
      if (isHeld) this.#watch();
      else this.#abort();
    } catch {
      // The store may answer the next time, before the lock ends.
    }
  }

  #watch(): void {
    clearTimeout(this.#end);
    const left = this.#lock.until - performance.now() - this.#ttl / 10;
    this.#end = setTimeout(() => this.#abort(), Math.max(0, left)).unref();
  }

  #abort(): void {
    this.#stop();
    const reason = "the lock could not be renewed before its end";
    this.#controller.abort(coreError("PKT_SHARED_UNAVAILABLE", { call: `lock("${this.#name}")`, reason }));
  }

  #stop(): void {
    clearInterval(this.#renewal);
    clearTimeout(this.#end);
    this.#renewal = undefined;
  }
}
