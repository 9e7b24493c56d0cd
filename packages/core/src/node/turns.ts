/**
 * Short turns of the event loop. While more than 1,024 connections are ready, libuv reads from up to 48 times as many in
 * one turn, and requests alone can keep the loop from its timers for seconds. So a request that arrives late in a turn is
 * deferred to one of the next.
 *
 * While connections arrive, turns are shorter still, because libuv accepts one connection in a turn, and a worker receives
 * one: Node sends the next after an acknowledgement. In turns that answer 500 busy clients, a thousand new clients would
 * wait for half a minute.
 */

// Read at load time, because a test may later replace Node's timers with fake timers.
const { performance, setImmediate } = globalThis;

/** A request that waits for a later turn is dropped if its connection is closed before. */
interface Closable {
  readonly destroyed: boolean;
}

/**
 * How long requests are handled in one turn, in milliseconds. Each turn reschedules all requests that wait, so shorter
 * turns would cost a server with thousands of busy clients more.
 */
const BUDGET = 10;

/** How long requests are handled in one turn while connections arrive, in milliseconds. */
const SHORT_BUDGET = 0.25;

/**
 * How many turns are short after a connection has arrived. A worker gets the next connection only once the primary has
 * run, for which it may have to wait for several turns if they share a core.
 */
const SHORT_TURNS = 8;

/** After how many requests the clock is read again. Reading it at each would cost a pipelined request 4 %. */
const READ_EVERY = 4;

/** Decides which requests are handled in this turn of the event loop, and defers the others, in order. */
export class Turns {
  /** How long requests are handled in one turn, in milliseconds. With -1, one deferred request is handled in a turn. */
  budget: number = BUDGET;
  /** The budget of turns in which connections are expected. */
  shortBudget: number = SHORT_BUDGET;
  /** How many of the next turns are short. */
  #shortTurns = 0;
  /** When the current turn began, or the last one whose beginning was noted. */
  #start = 0;
  /** Whether an immediate will note the end of this turn. One for each turn would cost a request alone in its turn 4 %. */
  #isWatched = false;
  /** How many requests have arrived since the clock was last read. */
  #requests = 0;
  #waiting = 0;
  /** When the oldest of the requests that wait has arrived. */
  #oldest = 0;
  /** Whether a request that waits has been scheduled for the next turn. */
  #isScheduled = false;
  #alarmAt = Number.POSITIVE_INFINITY;
  #alarm = (): void => {};

  /** How long the oldest deferred request has waited, in milliseconds; 0 if no request waits. */
  get wait(): number {
    return this.#waiting === 0 ? 0 : performance.now() - this.#oldest;
  }

  /** Makes this turn and some of the next short: a connection has arrived, and more connections may wait in the backlog. */
  expectConnections(): void {
    this.#shortTurns = SHORT_TURNS;
  }

  /**
   * Whether the request that has just arrived has to be deferred: earlier requests wait, or this turn has lasted too
   * long.
   */
  isOver(): boolean {
    if (this.#waiting > 0) return true;
    this.#requests++;
    return this.#requests >= READ_EVERY && this.#isLong();
  }

  #isLong(): boolean {
    this.#requests = 0;
    const now = this.#readClock();
    const isLong = now - this.#start > this.#limit;
    if (!isLong || this.#isWatched) return isLong;
    // Several turns may have passed since `#start`, so the budget begins only now.
    this.#isWatched = true;
    this.#start = now;
    setImmediate(this.#endWatch);
    return false;
  }

  /**
   * Calls a function in a later turn, after those that were deferred before. Each call is an immediate of its own: Node
   * keeps its async context, and runs the ticks and promises of one call before the next.
   */
  defer(connection: Closable, handle: () => void): void {
    const now = this.#readClock();
    if (this.#waiting === 0) this.#oldest = now;
    this.#waiting++;
    this.#schedule(connection, handle, now);
  }

  /**
   * Calls a function once, when a request arrives more than `delay` milliseconds from now, unless the alarm is set
   * again.
   */
  setAlarm(delay: number, alarm: () => void): void {
    this.#alarmAt = performance.now() + delay;
    this.#alarm = alarm;
  }

  /** Returns the time. Calls the alarm if it is due. */
  #readClock(): number {
    const now = performance.now();
    if (now > this.#alarmAt) {
      this.#alarmAt = Number.POSITIVE_INFINITY;
      this.#alarm();
    }
    return now;
  }

  get #limit(): number {
    return this.#shortTurns > 0 ? this.shortBudget : this.budget;
  }

  /** Begins the budget of the next requests. */
  #begin(now: number): void {
    this.#start = now;
    if (this.#shortTurns > 0) this.#shortTurns--;
  }

  readonly #endWatch = (): void => {
    this.#isWatched = false;
    // If requests wait, the first of them begins the next budget in this turn.
    if (this.#waiting === 0) this.#begin(performance.now());
  };

  #schedule(connection: Closable, handle: () => void, arrived: number): void {
    const isFirst = !this.#isScheduled;
    this.#isScheduled = true;
    setImmediate(this.#attempt, connection, handle, arrived, isFirst);
  }

  readonly #attempt = (connection: Closable, handle: () => void, arrived: number, isFirst: boolean): void => {
    const now = performance.now();
    if (isFirst) {
      this.#isScheduled = false;
      this.#begin(now);
      this.#oldest = arrived;
    } else if (now - this.#start > this.#limit) {
      this.#schedule(connection, handle, arrived);
      return;
    }
    this.#waiting--;
    if (!connection.destroyed) handle();
  };
}

/** The turns of this process: one object, because a process has one event loop. */
export const turns: Turns = new Turns();
