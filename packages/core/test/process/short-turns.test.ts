/** Many busy clients of slow handlers: timers fire, no worker is taken for silent, and no request is cut. */
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { Program } from "./_builds.ts";
import { isAlive, type Running } from "./_cluster-child.ts";

const FULL = process.env["PACKETRON_TEST_FULL"] === "1";

/** In the long runs, one turn of the event loop would last for seconds, because libuv reads from all clients in it. */
const LOAD = FULL
  ? { clients: 3_000, microseconds: 300, milliseconds: 60_000 }
  : { clients: 300, microseconds: 5_000, milliseconds: 3_000 };

/**
 * How many handlers may run before a timer of 1 ms fires: 100 ms of their work. Without short turns the handlers of all
 * clients run before it. Handlers are counted instead of milliseconds, because on a busy machine the worker waits for a core.
 */
const MOST_HANDLERS = 100_000 / LOAD.microseconds;

/** Works for some microseconds. Each eighth answer has how long a timer of 1 ms took, and how many handlers ran meanwhile. */
const HANDLER = `
  let count = 0;
  server.handle({ routePath: "busy", handler: async (request, response) => {
    for (const end = performance.now() + ${LOAD.microseconds} / 1_000; performance.now() < end; );
    if (++count % 8 > 0) return response.sendJson({});
    const first = count;
    const begun = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1));
    response.sendJson({ handlers: count - first, timer: performance.now() - begun });
  } });`;

const REQUEST = "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n";

/** Clients that send a request as soon as they have the answer to the one before. */
class Busy {
  readonly timers: number[] = [];
  readonly handlers: number[] = [];
  answers = 0;
  cut = 0;
  #ends = false;
  readonly #sockets: Socket[];

  constructor(port: number, count: number) {
    this.#sockets = Array.from({ length: count }, () => this.#open(port));
    onTestFinished(() => this.end());
  }

  end(): void {
    this.#ends = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(port: number): Socket {
    const socket = connect(port, "127.0.0.1", () => socket.write(REQUEST));
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.answers++;
      const [, handlers, timer] = /"handlers":(\d+),"timer":([\d.]+)/.exec(text) ?? [];
      if (timer !== undefined) {
        this.timers.push(Number(timer));
        this.handlers.push(Number(handlers));
      }
      socket.write(REQUEST);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (!this.#ends) this.cut++;
    });
    return socket;
  }
}

test.each([
  ["direct", 1],
  ["standard", 1],
  ["direct", 2],
] as const)(
  `${LOAD.clients} busy clients with %s dispatch, maxThreads %i: a timer fires in time, no worker is killed, no request is cut`,
  async (dispatch, maxThreads) => {
    const program = new Program();
    program.write(1, "sound", HANDLER);
    const app = program.run({ dispatch, maxThreads });
    const port = await portOf(app);
    const before = app.living();
    const busy = new Busy(port, LOAD.clients);
    await new Promise((resolve) => setTimeout(resolve, LOAD.milliseconds));
    await app.until(() => busy.timers.length > 0, "the answer of a timer");
    const most = Math.max(...busy.handlers);
    if (FULL)
      process.stdout.write(
        `${busy.answers} answers, the latest timer took ${Math.max(...busy.timers)} ms and ${most} handlers\n`,
      );
    expect({ cut: busy.cut, living: before.filter(isAlive) }).toEqual({ cut: 0, living: before });
    expect(most).toBeLessThan(MOST_HANDLERS);
    expect(app.errors).not.toMatch(/was silent/);
  },
  LOAD.milliseconds + 60_000,
);

async function portOf(app: Running): Promise<number> {
  if (app.size > 1) return app.started();
  const [line] = await app.hear("started");
  return Number(line?.["port"]);
}
