/** Notices workers whose event loop stands still: they look alive to the system and answer nobody. */

/** What the watch needs to know, in milliseconds. */
export interface HeartbeatSettings {
  /** How often a worker says that it is alive. 0 is never. */
  readonly heartbeatInterval: number;
  /** Silence after which it is replaced. */
  readonly heartbeatTimeout: number;
}

/**
 * The primary's record of when each worker was last heard. `check()` names the one to end now. The time by which a
 * check itself comes late (the primary was busy or stopped, and beats wait unread) is not held against the workers,
 * and no second worker is named before the first one is replaced: when all are silent, the machine is the reason.
 */
export class HeartbeatWatch<Worker> {
  readonly #settings: HeartbeatSettings;
  readonly #now: () => number;
  readonly #heard = new Map<Worker, number>();
  #checked: number;
  #pauseUntil = Number.NEGATIVE_INFINITY;

  constructor(settings: HeartbeatSettings, now: () => number = () => performance.now()) {
    this.#settings = settings;
    this.#now = now;
    this.#checked = now();
  }

  /** The worker said something; from the first time on it is watched. */
  heard(worker: Worker): void {
    this.#heard.set(worker, this.#now());
  }

  /** The worker is not watched any more. */
  forget(worker: Worker): void {
    this.#heard.delete(worker);
  }

  /** A worker got ready: the one that was named, if any, is replaced. */
  replaced(): void {
    this.#pauseUntil = Number.NEGATIVE_INFINITY;
  }

  /** To be called every `heartbeatInterval`. */
  check(): Worker | undefined {
    const now = this.#now();
    const late = Math.max(0, now - this.#checked - this.#settings.heartbeatInterval);
    this.#checked = now;
    let silent: Worker | undefined;
    let longest = this.#settings.heartbeatTimeout;
    for (const [worker, heard] of this.#heard) {
      this.#heard.set(worker, heard + late);
      if (now - heard - late <= longest) continue;
      longest = now - heard - late;
      silent = worker;
    }
    if (silent === undefined || now < this.#pauseUntil) return undefined;
    this.#heard.delete(silent);
    this.#pauseUntil = now + this.#settings.heartbeatTimeout;
    return silent;
  }
}
