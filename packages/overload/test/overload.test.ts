import { once } from "node:events";
import { connect } from "node:net";
import {
  type Capability,
  GateOrder,
  type Handler,
  type Logger,
  Packetron,
  type PacketronResponse,
  type ServerOptions,
} from "@packetron/core";
import { capabilityConformance } from "@packetron/core/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { overload } from "../src/index.ts";
import { LoopWatch } from "../src/loop-watch.ts";

describe("overload() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(overload)) test(name, run);
});

describe("overload() with its option does what every capability does", () => {
  const options = { overload: { maxEventLoopDelay: 1000, maxRequestsInFlight: 1000 } };
  for (const { name, run } of capabilityConformance(overload, { options })) test(name, run);
});

/** A handler that holds back its answers until the test releases them. */
class Holding {
  readonly held: PacketronResponse[] = [];
  readonly handler: Handler = (_request, response) => void this.held.push(response);

  release(): void {
    for (const response of this.held.splice(0)) response.sendTextPlain("late");
  }
}

async function startServer(
  option: ServerOptions["overload"],
  others: readonly Capability[] = [],
): Promise<{ server: Packetron; holding: Holding; lines: [level: string, fields: object][] }> {
  const lines: [level: string, fields: object][] = [];
  const at = (level: string) => (fields: object) => void lines.push([level, fields]);
  const log: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const server = new Packetron({
    host: "127.0.0.1",
    port: 0,
    maxThreads: 1,
    idleGrace: 0,
    logger: log,
    ...(option === undefined ? {} : { overload: option }),
    capabilities: [overload(), ...others],
  });
  const holding = new Holding();
  server.handle({ routePath: "held", handler: holding.handler });
  server.handle({ routePath: "fast", handler: (_request, response) => response.sendTextPlain("fast") });
  onTestFinished(async () => {
    holding.release();
    await server.stop();
  });
  await server.start();
  return { server, holding, lines };
}

/** Sends requests on one connection in one packet, and returns the answers once the connection is closed. */
async function exchange(server: Packetron, targets: readonly string[]): Promise<string[]> {
  const socket = connect(server.port, "127.0.0.1").setEncoding("latin1");
  socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
  const close = (index: number) => (index === targets.length - 1 ? "Connection: close\r\n" : "");
  const requests = targets.map((target, index) => `GET ${target} HTTP/1.1\r\nHost: a\r\n${close(index)}\r\n`);
  socket.write(requests.join(""));
  let received = "";
  socket.on("data", (text) => {
    received += text;
  });
  await once(socket, "close");
  return received.split(/(?=HTTP\/1\.1 )/);
}

async function statuses(server: Packetron, targets: readonly string[]): Promise<string[]> {
  return (await exchange(server, targets)).map((answer) => answer.slice(9, 12));
}

describe("a server with a limit of requests in flight", () => {
  test("refuses requests above maxRequestsInFlight, and accepts requests again below it", async () => {
    const { server, holding } = await startServer({ maxRequestsInFlight: 3 });
    const held = Promise.all([1, 2, 3].map(() => statuses(server, ["/held"])));
    await vi.waitUntil(() => holding.held.length === 3, { timeout: 10_000 });
    expect(await statuses(server, ["/fast", "/held", "/fast"])).toEqual(["503", "503", "503"]);
    expect(await statuses(server, ["/nowhere"])).toEqual(["503"]);
    expect(holding.held).toHaveLength(3);
    holding.release();
    expect(await held).toEqual([["200"], ["200"], ["200"]]);
    for (const target of ["/fast", "/fast"]) expect(await statuses(server, [target])).toEqual(["200"]);
  });

  test("accepts exactly as many requests as the limit", async () => {
    const { server } = await startServer({ maxRequestsInFlight: 1 });
    // Sent one after another, because pipelined requests are in flight together.
    for (const target of ["/fast", "/fast", "/nowhere"])
      expect(await statuses(server, [target])).toEqual([target === "/fast" ? "200" : "404"]);
  });

  test("no longer counts a request whose client has disconnected", async () => {
    const { server, holding } = await startServer({ maxRequestsInFlight: 1 });
    const socket = connect(server.port, "127.0.0.1");
    socket.write("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    await vi.waitUntil(() => holding.held.length === 1, { timeout: 10_000 });
    expect(await statuses(server, ["/fast"])).toEqual(["503"]);
    socket.destroy();
    await vi.waitUntil(async () => (await statuses(server, ["/fast"]))[0] === "200", { timeout: 10_000 });
  });

  test("sends retryAfter in Retry-After, with a problem document on a connection that stays open", async () => {
    const { server, holding } = await startServer({ maxRequestsInFlight: 1, retryAfter: 17 });
    const held = statuses(server, ["/held"]);
    await vi.waitUntil(() => holding.held.length === 1, { timeout: 10_000 });
    const [refusal = "", last = ""] = await exchange(server, ["/fast", "/fast"]);
    const [head = "", body = ""] = refusal.split("\r\n\r\n");
    expect(JSON.parse(body)).toMatchObject({ title: "Service Unavailable", status: 503, retryAfter: 17 });
    expect(head.split("\r\n")).toEqual(
      expect.arrayContaining([
        "HTTP/1.1 503 Service Unavailable",
        "Retry-After: 17",
        "Content-Type: application/problem+json",
        "Connection: keep-alive",
      ]),
    );
    expect(last).toMatch(/^HTTP\/1\.1 503 /);
    holding.release();
    await held;
  });

  test("logs when it begins to refuse, with the figures, and at the end the number of refused requests", async () => {
    const { server, holding, lines } = await startServer({ maxRequestsInFlight: 1 });
    const held = statuses(server, ["/held"]);
    await vi.waitUntil(() => holding.held.length === 1, { timeout: 10_000 });
    await statuses(server, Array(50).fill("/fast"));
    holding.release();
    await held;
    await server.stop();
    expect(lines.filter(([level]) => level === "warn")).toEqual([
      ["warn", { eventLoopDelay: undefined, requestsInFlight: 2 }],
    ]);
    expect(lines).toContainEqual(["info", { refused: 50, seconds: 0 }]);
  });
});

describe("a server with a limit for the event loop", () => {
  test("refuses while the event loop is late, and stops refusing when it is in time", async () => {
    const sample = vi.spyOn(LoopWatch.prototype, "sample");
    onTestFinished(() => sample.mockRestore());
    const { server } = await startServer({ maxEventLoopDelay: 200 });
    await vi.waitUntil(() => sample.mock.contexts.length > 0, { timeout: 10_000 });
    const watch = sample.mock.contexts[0];
    if (!(watch instanceof LoopWatch)) throw new Error("no LoopWatch has taken a sample");
    expect(await statuses(server, ["/fast"])).toEqual(["200"]);
    watch.isLate = true; // the next sample, 50 ms later, resets it
    const during = await statuses(server, ["/fast", "/fast"]);
    expect(during[0]).toBe("503");
    await vi.waitUntil(async () => (await statuses(server, ["/fast"]))[0] === "200", { timeout: 10_000 });
  });

  test("refuses requests that have waited too long for short turns", async () => {
    const { server } = await startServer({ maxEventLoopDelay: 100 });
    const work = (): void => {
      for (const end = performance.now() + 5; performance.now() < end; );
    };
    server.handle({
      routePath: "busy",
      handler: (_request, response) => {
        work();
        response.sendTextPlain("done");
      },
    });
    let seen = "";
    const clients = Array.from({ length: 100 }, () => {
      const socket = connect(server.port, "127.0.0.1").setEncoding("latin1");
      const ask = () => socket.write("GET /busy HTTP/1.1\r\nHost: a\r\n\r\n");
      return socket.on("connect", ask).on("data", (text) => {
        seen = String(text);
        ask();
      });
    });
    onTestFinished(() => clients.forEach((client) => void client.destroy()));
    await vi.waitUntil(() => seen.startsWith("HTTP/1.1 503 "), { timeout: 10_000, interval: 1 });
  });

  test("takes samples from listening to the stop", async () => {
    const [start, stop] = [vi.spyOn(LoopWatch.prototype, "start"), vi.spyOn(LoopWatch.prototype, "stop")];
    onTestFinished(() => [start, stop].forEach((spy) => void spy.mockRestore()));
    const { server } = await startServer({ maxEventLoopDelay: 200 });
    expect(start).toHaveBeenCalledTimes(1);
    stop.mockClear();
    await server.stop();
    expect(stop).toHaveBeenCalledTimes(1);
  });
});

describe("load shedding and other gates", () => {
  test("runs before plugins, and after gates with an order below EARLY", async () => {
    const seen: string[] = [];
    const gates: Capability = {
      name: "gates",
      install(host) {
        host.gate(GateOrder.GLOBAL_PLUGINS, () => void seen.push("plugin"));
        host.gate(GateOrder.EARLY - 1, () => void seen.push("before"));
      },
    };
    const { server, holding } = await startServer({ maxRequestsInFlight: 1 }, [gates]);
    const held = statuses(server, ["/held"]);
    await vi.waitUntil(() => holding.held.length === 1, { timeout: 10_000 });
    expect(seen.splice(0)).toEqual(["before", "plugin"]);
    expect(await statuses(server, ["/fast"])).toEqual(["503"]);
    expect(seen).toEqual(["before"]);
    holding.release();
    await held;
  });

  test("without the option there is no gate", () => {
    const gate = vi.fn(() => () => undefined);
    const capability: Capability = {
      name: "@packetron/overload",
      install: (host) => overload().install({ ...host, gate }),
    };
    new Packetron({ maxThreads: 1, capabilities: [capability] });
    expect(gate).not.toHaveBeenCalled();
    new Packetron({ maxThreads: 1, capabilities: [capability], overload: { maxRequestsInFlight: 1 } });
    expect(gate).toHaveBeenCalledTimes(1);
  });
});
