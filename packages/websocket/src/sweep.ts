/** Finds silent clients, and ends all sockets when the server drains. */

/** A socket that the sweep watches. */
export interface Watched {
  /** How long the client may send nothing, in milliseconds; 0 for ever. */
  readonly idleTimeout: number;
  /** When the client last sent something, by `performance.now()`. */
  seenAt: number;
  /** Whether the client has been asked for a sign of life since. */
  isAsked: boolean;
  ping(): void;
  /** Cuts the connection of a client that is silent. */
  cut(): void;
  /** Ends the socket, because the server drains. */
  goAway(): void;
}

/** How many checks are made during the shortest idle time. */
const CHECKS = 10;

/** The limits of the interval between two checks, in milliseconds. */
const [SHORTEST, LONGEST] = [20, 5_000];

/** The longest time over which a drain spreads the ends of sockets, in milliseconds. */
const SPREAD = 2_000;

/** Watches the sockets of a server. One timer checks all of them, and runs only while one is open. */
export class Sweep {
  readonly #sockets = new Set<Watched>();
  #interval = LONGEST;
  #timer: NodeJS.Timeout | undefined;
  #isDraining = false;

  get size(): number {
    return this.#sockets.size;
  }

  add(socket: Watched): void {
    this.#sockets.add(socket);
    if (this.#isDraining) return socket.goAway();
    if (socket.idleTimeout === 0) return;
    const interval = Math.min(Math.max(socket.idleTimeout / CHECKS, SHORTEST), LONGEST);
    if (interval < this.#interval) {
      this.#stop();
      this.#interval = interval;
    }
    this.#timer ??= setInterval(this.#check, this.#interval).unref();
  }

  delete(socket: Watched): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size > 0) return;
    this.#stop();
    this.#interval = LONGEST;
  }

  /** Ends all sockets, spread over at most two seconds: their clients would connect to the next server all at once. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#stop();
    const waiting = [...this.#sockets];
    const end = performance.now() + Math.min(SPREAD, waiting.length);
    const goOn = (): void => {
      const left = Math.max(1, end - performance.now());
      for (let count = Math.ceil(waiting.length / left); count > 0; count--) waiting.pop()?.goAway();
      if (waiting.length > 0) setTimeout(goOn, 1);
    };
    goOn();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #check = (): void => {
    const now = performance.now();
    for (const socket of this.#sockets) {
      const silence = socket.idleTimeout === 0 ? 0 : now - socket.seenAt;
      if (silence > socket.idleTimeout) socket.cut();
      else if (silence > socket.idleTimeout / 2 && !socket.isAsked) {
        socket.isAsked = true;
        socket.ping();
      }
    }
  };
}
