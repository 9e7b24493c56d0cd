/** The two reasons to replace workers that live: a reload, and limits that they reach. */

import type { ServerSettings } from "../../config/options.ts";
import type { Logger } from "../../log/logger.ts";
import type { Pool } from "./pool.ts";
import { Recycler } from "./recycler.ts";
import { Reloads } from "./reloads.ts";
import { Succession, type SuccessionOwner } from "./replacement.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** Renews the workers of one pool. */
export class Renewal {
  readonly reloads: Reloads;
  readonly #recycler: Recycler;
  #closed = false;

  constructor(pool: Pool, owner: SuccessionOwner, settings: ServerSettings, log: Logger) {
    const succession = new Succession(pool, owner, settings);
    this.reloads = new Reloads(pool, succession, log);
    this.#recycler = new Recycler(settings, succession, log);
  }

  /** The worker has just reported. A reload replaces it in any case. */
  consider(worker: WorkerProcess): void {
    if (!this.#closed && !this.reloads.busy) this.#recycler.consider(worker);
  }

  /** The server stops. */
  close(): void {
    this.#closed = true;
    this.reloads.close();
  }
}
