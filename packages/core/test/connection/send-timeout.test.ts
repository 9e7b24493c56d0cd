import { Socket } from "node:net";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Capability } from "../../src/capability/contract.ts";
import type { ServerOptions } from "../../src/config/options.ts";
import { type SendCandidate, SendTimeouts } from "../../src/connection/send-timeout.ts";
import type { PacketronRequest } from "../../src/message/request.ts";
import type { PacketronResponse } from "../../src/message/response.ts";
import type { SettledExchange } from "../../src/message/settlement.ts";
import { createCertificate } from "../_certificate.ts";
import { RawClient } from "../_raw.ts";
import { collectLog, startServer } from "../_server.ts";

/** A connection whose counters the test sets. */
class Candidate implements SendCandidate {
  isHandedOver = false;
  readonly handle = { writeQueueSize: 1_000, bytesWritten: 3_000, close: (): void => {} };
  readonly socket: Socket = new Socket();

  constructor() {
    Object.assign(this.socket, { _handle: this.handle });
  }

  take(bytes: number): void {
    this.handle.writeQueueSize -= bytes;
  }

  add(bytes: number): void {
    this.handle.writeQueueSize += bytes;
    this.handle.bytesWritten += bytes;
  }

  get isCut(): boolean {
    return this.socket.destroyed;
  }
}

describe("the sweep of clients that take nothing", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }));
  afterEach(() => void vi.useRealTimers());

  function watch(timeout = 1_000) {
    const connections = [new Candidate()];
    const { logger, lines } = collectLog();
    const sweep = new SendTimeouts(timeout, connections, logger);
    sweep.start();
    const candidate = connections[0] ?? new Candidate();
    return { candidate, connections, sweep, lines };
  }

  test("closes a connection after the timeout, at most two checks late, with one line", () => {
    const { candidate, lines } = watch();
    vi.advanceTimersByTime(999);
    expect(candidate.isCut).toBe(false);
    vi.advanceTimersByTime(101);
    expect(candidate.isCut).toBe(true);
    expect(lines).toEqual([
      {
        level: "warn",
        fields: { waiting: 1_000, leftOut: 0 },
        message: "a client took no byte of its answer for 1000 ms; the connection is closed",
      },
    ]);
  });

  test("keeps a client that takes a byte each time before the timeout", () => {
    const { candidate } = watch();
    for (let round = 0; round < 10; round++) {
      vi.advanceTimersByTime(950);
      candidate.take(1);
    }
    expect(candidate.isCut).toBe(false);
  });

  test("does not take bytes that the program adds for bytes that the client takes", () => {
    const { candidate } = watch();
    for (let round = 0; round < 22; round++) {
      candidate.add(10);
      vi.advanceTimersByTime(50);
    }
    expect(candidate.isCut).toBe(true);
  });

  test("sees that the client takes as much as the program adds", () => {
    const { candidate } = watch();
    for (let round = 0; round < 60; round++) {
      candidate.add(10);
      candidate.take(10);
      vi.advanceTimersByTime(50);
    }
    expect(candidate.isCut).toBe(false);
  });

  test.each([
    ["whose answer waits for its handler", (candidate: Candidate) => candidate.take(1_000)],
    ["that was handed over", (candidate: Candidate) => void (candidate.isHandedOver = true)],
    ["of a kind that does not count", ({ socket }: Candidate) => void Object.assign(socket, { _handle: {} })],
    ["that is closed", ({ socket }: Candidate) => void Object.assign(socket, { _handle: null })],
  ])("leaves a connection %s alone", (_kind, change) => {
    const { candidate } = watch();
    change(candidate);
    vi.advanceTimersByTime(10_000);
    expect(candidate.isCut).toBe(false);
  });

  test("counts anew for each answer", () => {
    const { candidate } = watch();
    vi.advanceTimersByTime(950);
    candidate.take(1_000);
    vi.advanceTimersByTime(50);
    candidate.add(1_000);
    vi.advanceTimersByTime(999);
    expect(candidate.isCut).toBe(false);
  });

  test("does not count the time in which the event loop is blocked", () => {
    const { candidate } = watch();
    vi.advanceTimersByTime(100);
    const now = performance.now();
    vi.spyOn(performance, "now").mockReturnValue(now + 60_000);
    vi.advanceTimersByTime(100);
    expect(candidate.isCut).toBe(false);
  });

  test("closes a few connections in each turn, and none whose answer is taken meanwhile", async () => {
    const { connections } = watch();
    const others = Array.from({ length: 69 }, () => new Candidate());
    connections.push(...others);
    const closed = (): number => connections.filter(({ isCut }) => isCut).length;
    vi.advanceTimersByTime(1_050);
    expect(closed()).toBe(32);
    others.at(-1)?.take(1_000);
    await new Promise(setImmediate);
    expect(closed()).toBe(64);
    await new Promise(setImmediate);
    expect(closed()).toBe(69);
  });

  test("checks nothing when the timeout is 0", () => {
    watch(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("stops its timer after the last connection, and starts it with the next", () => {
    const { connections, sweep } = watch();
    connections.length = 0;
    vi.advanceTimersByTime(50);
    expect(vi.getTimerCount()).toBe(0);
    connections.push(new Candidate());
    sweep.start();
    sweep.start();
    expect(vi.getTimerCount()).toBe(1);
  });
});

const TIMEOUT = 300;

/** More bytes than the system's buffers of both sides take. */
const BIG = Buffer.alloc(24 * 1024 * 1024, "x");

type Answer = (request: PacketronRequest, response: PacketronResponse) => void;

/** Sends chunks without end. */
function streamFor(response: PacketronResponse): Readable {
  const chunk = Buffer.alloc(64 * 1024);
  const source = new Readable({ read: () => void source.push(chunk) });
  response.once("close", () => source.destroy());
  return source;
}

/** Answers that a client does not take, with the number of requests for each. */
const answers: readonly (readonly [name: string, requests: number, answer: Answer])[] = [
  ["a big Buffer", 1, (_request, response) => response.send(BIG)],
  ["a big string", 1, (_request, response) => response.sendTextPlain(BIG.toString("latin1"))],
  [
    "a big Buffer with Connection: close",
    1,
    (_request, response) => response.setHeader("Connection", "close").send(BIG),
  ],
  ["a stream", 1, (_request, response) => void streamFor(response).pipe(response)],
  [
    "writes that ignore drain",
    1,
    (_request, response) => {
      const timer = setInterval(() => response.write(BIG.subarray(0, 1024 * 1024)), 5);
      response.once("close", () => clearInterval(timer));
    },
  ],
  ["small answers to a pipeline", 20_000, (_request, response) => response.send(BIG.subarray(0, 2_000))],
];

/** Starts a server, and sends it requests on a connection that is not read. */
async function stall(answer: Answer, requests: number, options: ServerOptions) {
  const exchanges: SettledExchange[] = [];
  const signals: AbortSignal[] = [];
  const meter: Capability = {
    name: "meter",
    install: (host) => host.settled((exchange) => void exchanges.push(exchange)),
  };
  const handler: Answer = (request, response) => {
    signals.push(request.signal);
    answer(request, response);
  };
  const { server, lines } = await startServer((made) => void made.handle({ routePath: "big", handler }), {
    sendTimeout: TIMEOUT,
    capabilities: [meter],
    ...options,
  });
  const client = await RawClient.connect({ port: server.port, tls: options.tls !== undefined });
  onTestFinished(() => client.destroy());
  client.socket.pause();
  client.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n".repeat(requests));
  await vi.waitUntil(() => signals.length > 0);
  const closed = (): Promise<boolean> =>
    vi.waitUntil(() => server.load.connections === 0, { timeout: 10_000 });
  return { server, lines, client, exchanges, signals, closed };
}

describe.each(["direct", "standard"] as const)("sendTimeout, %s dispatch", (dispatch) => {
  test.each(answers)("closes the connection of a client that takes nothing of %s", async (...row) => {
    const [, requests, answer] = row;
    const { server, lines, exchanges, signals, closed } = await stall(answer, requests, { dispatch });
    await closed();
    expect(lines).toMatchObject([
      {
        level: "warn",
        fields: {
          route: "GET /big",
          requestId: expect.any(String),
          waiting: expect.any(Number),
          leftOut: 0,
        },
        message: "a client took no byte of its answer for 300 ms; the connection is closed",
      },
    ]);
    expect(exchanges).toHaveLength(signals.length);
    expect(exchanges.at(-1)).toMatchObject({ aborted: true, status: 200 });
    expect(signals.at(-1)?.aborted).toBe(true);
    expect(server.load.inFlight).toBe(0);
  });

  test("closes a TLS connection", async () => {
    const { lines, signals, closed } = await stall((_request, response) => response.send(BIG), 1, {
      dispatch,
      tls: createCertificate(),
    });
    await closed();
    expect(lines).toMatchObject([{ level: "warn", fields: { route: "GET /big" } }]);
    expect(signals[0]?.aborted).toBe(true);
  });

  test.each([
    ["a TCP", undefined],
    ["a TLS", createCertificate()],
  ])("keeps a client of %s connection that takes some bytes each time", async (_kind, tls) => {
    const { lines, client, exchanges } = await stall((_request, response) => response.send(BIG), 1, {
      dispatch,
      ...(tls === undefined ? {} : { tls }),
    });
    let sinceRest = 0;
    client.socket.removeAllListeners("data").on("data", (chunk: Buffer) => {
      sinceRest += chunk.length;
      if (sinceRest < 3 * 1024 * 1024) return;
      sinceRest = 0;
      client.socket.pause();
      setTimeout(() => client.socket.resume(), TIMEOUT / 2);
    });
    client.socket.resume();
    await vi.waitUntil(() => exchanges.length > 0, { timeout: 10_000 });
    expect(exchanges).toMatchObject([{ aborted: false, bytesOut: BIG.length }]);
    expect(exchanges[0]?.duration).toBeGreaterThan(2 * TIMEOUT);
    expect(lines).toEqual([]);
  });

  test("resets a TCP connection, so that the system drops the rest of the answer", async () => {
    const { client, closed } = await stall((_request, response) => response.send(BIG), 1, { dispatch });
    await closed();
    client.socket.resume();
    await client.until(() => false);
    expect(client.error).toMatchObject({ code: "ECONNRESET" });
  });
});
