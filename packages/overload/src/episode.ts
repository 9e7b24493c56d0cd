/** Logs two lines for a period of overload: when the server begins to refuse requests, and when it no longer does. */
import type { Logger } from "@packetron/core";

/** How long no request may be refused before an episode ends, in milliseconds. Overload occurs in waves. */
const QUIET_TIME = 5_000;

/** One period of overload: counts the requests that one server in this process has refused. */
export class Episode {
  readonly #log: Logger;
  #refused = 0;
  #refusedAtLastTick = 0;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Counts a refused request. `observe` returns the fields of the first log line, and is called for that line only. */
  count(observe: () => object): void {
    this.#refused += 1;
    if (this.#timer !== undefined) return;
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.#endIfQuiet(), QUIET_TIME).unref();
    this.#log.warn(observe(), "overload: requests are refused with 503");
  }

  /** Ends the episode and logs the second line; also called when the server stops. */
  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    const seconds = Math.round((performance.now() - this.#startedAt) / 1000);
    const refused = this.#refused;
    this.#refused = this.#refusedAtLastTick = 0;
    this.#log.info({ refused, seconds }, "overload is over: requests are answered again");
  }

  #endIfQuiet(): void {
    if (this.#refused === this.#refusedAtLastTick) this.end();
    else this.#refusedAtLastTick = this.#refused;
  }
}
