/** New clients that connect while many others keep the server busy. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { PacketronDistribution, type ServerOptions } from "../../src/index.ts";
import { createDeferred } from "../../src/node/deferred.ts";
import { reusePortWorks } from "../../src/node/reuse-port.ts";
import { Program } from "./_builds.ts";
import type { Running } from "./_cluster-child.ts";

const sharesPorts = await reusePortWorks("127.0.0.1");

const FULL = process.env["PACKETRON_TEST_FULL"] === "1";

const BUSY = 80;
const NEW = FULL ? 1_000 : 60;

/** How many requests of each busy client wait at the server, so that it is busy even while the clients are not. */
const DEPTH = 4;

/**
 * How many requests of busy clients may be answered for each new client: one or two in a short turn, and more in a cluster,
 * where turns may pass until the primary has run. In turns of the usual length there are about 50.
 */
const MOST_ANSWERS = { single: 10, cluster: 20 } as const;

/** Keeps its process busy for a fifth of a millisecond, longer than the clients need for a request. */
const HANDLER = `
  server.handle({ routePath: "busy", handler: (request, response) => {
    for (const end = performance.now() + 0.2; performance.now() < end; );
    response.sendJson({});
  } });`;

const REQUEST = "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n";

/** Clients that send a request for each answer. */
class Clients {
  answers = 0;
  readonly connected: Promise<unknown>;
  /** Resolves when each client has had an answer. */
  readonly served: Promise<unknown>;

  /** @param depth How many requests of a client are not answered yet, at any time. */
  constructor(port: number, count: number, depth: number) {
    const sockets = Array.from({ length: count }, () => connect(port, "127.0.0.1"));
    this.connected = Promise.all(sockets.map((socket) => once(socket, "connect")));
    this.served = Promise.all(sockets.map((socket) => this.#run(socket, depth)));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
  }

  #run(socket: Socket, depth: number): Promise<void> {
    const served = createDeferred<void>();
    socket.on("error", served.reject);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      const count = text.split("HTTP/1.1 200").length - 1;
      this.answers += count;
      served.resolve();
      socket.write(REQUEST.repeat(count));
    });
    socket.write(REQUEST.repeat(depth));
    return served.promise;
  }
}

const { STICKY_IP, REUSE_PORT } = PacketronDistribution;
const distributions = Object.values(PacketronDistribution)
  .filter((distribution) => FULL || distribution === STICKY_IP)
  .filter((distribution) => distribution !== REUSE_PORT || sharesPorts);

const settings: readonly (readonly [name: string, most: number, options: ServerOptions])[] = [
  ["one process", MOST_ANSWERS.single, { maxThreads: 1 }],
  ...distributions.map((distribution) => [distribution, MOST_ANSWERS.cluster, { distribution }] as const),
];

test.each(settings)(
  "with %s, new clients are answered in the turns of busy ones",
  async (_name, most, options) => {
    const program = new Program();
    program.write(1, "sound", HANDLER);
    const app = program.run(options);
    const { port, pids } = await started(app);
    const busy = new Clients(port, BUSY, DEPTH);
    await busy.served;
    // The new clients are all there when the processes go on, and so are the next requests of the busy ones.
    signal(pids, "SIGSTOP");
    const newcomers = new Clients(port, NEW, 1);
    await newcomers.connected;
    const before = busy.answers;
    signal(pids, "SIGCONT");
    await newcomers.served;
    expect(busy.answers - before).toBeLessThan(BUSY * DEPTH + NEW * most);
  },
);

/** The port, and the processes that answer. */
async function started(app: Running): Promise<{ readonly port: number; readonly pids: readonly number[] }> {
  if (app.size > 1) return { port: await app.started(), pids: app.living() };
  const [line] = await app.hear("started");
  return { port: Number(line?.["port"]), pids: [Number(line?.["pid"])] };
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) process.kill(pid, name);
}
