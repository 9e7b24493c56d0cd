/** Tells the log when requests begin to be refused and when that is over: two lines, however many there were. */
import type { Logger } from "@packetron/core";

/** How long nothing has to be refused until it is over, in milliseconds. Overload comes and goes in waves. */
const QUIET = 5_000;

/** Counts the refused of one server in this process. */
export class Episode {
  readonly #log: Logger;
  #refused = 0;
  #told = 0;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** One more was refused; `observe` gives the fields of the first line, and is asked for it only. */
  count(observe: () => object): void {
    this.#refused += 1;
    if (this.#timer !== undefined) return;
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.#endIfQuiet(), QUIET).unref();
    this.#log.warn(observe(), "overload: requests are refused with 503");
  }

  /** The server has stopped. */
  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    const seconds = Math.round((performance.now() - this.#startedAt) / 1000);
    const refused = this.#refused;
    this.#refused = this.#told = 0;
    this.#log.info({ refused, seconds }, "overload is over: requests are answered again");
  }

  #endIfQuiet(): void {
    if (this.#refused === this.#told) this.end();
    else this.#told = this.#refused;
  }
}
