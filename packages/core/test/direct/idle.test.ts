import { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type IdleCandidate, IdleSweep } from "../../src/direct/idle.ts";
import { field, RawClient } from "../_raw.ts";
import { startServing, type TestServer } from "./_serving.ts";

/** A connection whose state the test sets. */
class Candidate implements IdleCandidate {
  isIdle = true;
  bytesRead = 0;
  readonly socket: Socket = new Socket();

  constructor() {
    Object.defineProperty(this.socket, "bytesRead", { get: () => this.bytesRead });
  }
}

describe("the sweep of idle connections", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }));
  afterEach(() => void vi.useRealTimers());

  function watched(timeout = 1_000): Candidate {
    const candidate = new Candidate();
    new IdleSweep(timeout).watch(candidate);
    return candidate;
  }

  it("ends a connection that is idle for the timeout, at most two checks late", () => {
    const { socket } = watched();
    vi.advanceTimersByTime(999);
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(101);
    expect(socket.destroyed).toBe(true);
  });

  it("counts from the end of an exchange, not from the last check", () => {
    const candidate = watched();
    candidate.isIdle = false;
    vi.advanceTimersByTime(5_049); // checks are 50 ms apart: the last was 49 ms ago
    candidate.isIdle = true;
    vi.advanceTimersByTime(999);
    expect(candidate.socket.destroyed).toBe(false);
    vi.advanceTimersByTime(101);
    expect(candidate.socket.destroyed).toBe(true);
  });

  it("does not end a connection with an exchange", () => {
    const candidate = watched();
    candidate.isIdle = false;
    vi.advanceTimersByTime(60_000);
    expect(candidate.socket.destroyed).toBe(false);
  });

  it("does not end a connection that receives bytes", () => {
    const candidate = watched();
    for (let round = 0; round < 10; round++) {
      vi.advanceTimersByTime(900);
      candidate.bytesRead++;
    }
    expect(candidate.socket.destroyed).toBe(false);
  });

  it("ends nothing when the timeout is 0", () => {
    const { socket } = watched(0);
    vi.advanceTimersByTime(1_000_000);
    expect(socket.destroyed).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("stops its timer with the last connection", () => {
    const [first, last] = [new Candidate(), new Candidate()];
    const sweep = new IdleSweep(1_000);
    const watches = [sweep.watch(first), sweep.watch(last)].filter((watch) => watch !== null);
    expect(watches).toHaveLength(2);
    for (const watch of watches) {
      expect(vi.getTimerCount()).toBe(1);
      sweep.remove(watch);
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a connection with direct dispatch", () => {
  const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  let server: TestServer | undefined;
  afterEach(() => server?.stop());

  it("is ended when it is unused for the timeout", async () => {
    server = await startServing({ keepAliveTimeout: 60 }, (_request, response) =>
      response.sendTextPlain("ok"),
    );
    const client = await RawClient.connect({ port: server.port });
    expect(await client.send(GET).untilClose()).toHaveLength(1);
  });

  it("is answered with 408 when a head stops in the middle, before it counts as idle", async () => {
    const options = { keepAliveTimeout: 5_000, headersTimeout: 100 };
    server = await startServing(options, (_request, response) => response.sendTextPlain("ok"));
    const client = await RawClient.connect({ port: server.port });
    await client.send(GET).responses(1);
    const responses = await client.send("GET / HT").untilClose();
    expect(responses.map(({ status }) => status)).toEqual([200, 408]);
    expect(responses.map((response) => field(response, "connection"))).toEqual(["keep-alive", "close"]);
  });

  it("is not ended after an upgrade", async () => {
    server = await startServing({ keepAliveTimeout: 30 }, (_request, response) =>
      response.sendTextPlain("ok"),
    );
    const upgraded = new Promise<Socket>((resolve) => {
      server?.serving.server.on("upgrade", (_request, socket) => resolve(socket));
    });
    const client = await RawClient.connect({ port: server.port });
    await client.send(GET).responses(1);
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n");
    const socket = await upgraded;
    // Far beyond the timeout and Node's additional second: only the sweep could end the connection.
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });
});
