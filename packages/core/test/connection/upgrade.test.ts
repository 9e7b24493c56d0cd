import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type {
  Capability,
  CapabilityHost,
  Packetron,
  PacketronRequest,
  ServerOptions,
  SettledExchange,
  Take,
  UpgradedSocket,
} from "../../src/index.ts";
import { GateOrder } from "../../src/index.ts";
import { field, parseResponses, RawClient } from "../_raw.ts";
import { type LogLine, startServer } from "../_server.ts";

const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n";

/** Answers 101, then sends back what arrives. */
const echo: Take = (_request, socket, head) => {
  socket.write(SWITCH);
  if (head.length > 0) socket.write(head);
  socket.pipe(socket);
};

/** A client whose bytes are collected as text. */
async function dial(server: Packetron): Promise<{ readonly socket: Socket; received(): string }> {
  const socket = connect(server.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return { socket, received: () => text };
}

function ask(
  path: string,
  lines: readonly string[] = ["Upgrade: echo", "Connection: Upgrade"],
  method = "GET",
): string {
  return `${[`${method} ${path} HTTP/1.1`, "Host: x", ...lines].join("\r\n")}\r\n\r\n`;
}

describe.each(["direct", "standard"] as const)("upgrade(), %s dispatch", (dispatch) => {
  interface Started {
    readonly server: Packetron;
    readonly lines: LogLine[];
    readonly settled: SettledExchange[];
    readonly host: CapabilityHost;
  }

  async function start(
    take: Take = echo,
    more: (host: CapabilityHost) => void = () => undefined,
    options: ServerOptions = {},
    setUp: (server: Packetron) => void = () => undefined,
  ): Promise<Started> {
    const settled: SettledExchange[] = [];
    const hosts: CapabilityHost[] = [];
    const upgrader: Capability = {
      name: "upgrader",
      install(host) {
        hosts.push(host);
        host.upgrade({ protocol: "echo", routePath: "rooms/:name" }, take);
        host.settled((exchange) => settled.push(exchange));
        more(host);
      },
    };
    const { server, lines } = await startServer(
      (made) => {
        made.handle({ routePath: "plain", handler: (_request, response) => response.send("plain") });
        setUp(made);
      },
      { dispatch, capabilities: [upgrader], ...options },
    );
    const [host] = hosts;
    if (host === undefined) throw new Error("install() was not called");
    return { server, lines, settled, host };
  }

  test("hands the socket over, with the bytes that came with the request", async () => {
    const seen: unknown[] = [];
    const { server, settled } = await start((request, socket, head) => {
      seen.push(request.params["name"], request.path, String(head), socket.drainSignal.aborted);
      echo(request, socket, head);
    });
    const { socket, received } = await dial(server);
    socket.write(`${ask("/rooms/a%20b")}first `);
    await vi.waitFor(() => expect(received()).toBe(`${SWITCH}first `));
    socket.write("second");
    await vi.waitFor(() => expect(received()).toBe(`${SWITCH}first second`));
    expect(seen).toEqual(["a b", "/rooms/a b", "first ", false]);
    expect({ ...server.load }).toEqual({ connections: 1, upgraded: 1, inFlight: 0, requests: 1 });
    expect(settled).toMatchObject([{ route: "/rooms/:name", status: 101, bytesOut: 0, aborted: false }]);
    socket.end();
    await vi.waitFor(() => expect(server.load.connections).toBe(0));
  });

  test("works after other requests of the connection", async () => {
    const { server } = await start();
    const { socket, received } = await dial(server);
    socket.write(ask("/plain", []));
    await vi.waitFor(() => expect(received()).toMatch(/plain$/));
    socket.write(ask("/plain", []));
    socket.write(ask("/rooms/a", ["connection: keep-alive, UPGRADE", "upgrade: other, ECHO"]));
    socket.write("hi");
    await vi.waitFor(() => expect(received()).toMatch(/plain.*plain.*101 Switching.*hi$/s));
  });

  test.each<[what: string, request: string]>([
    ["a plain GET", ask("/rooms/a", [])],
    ["another protocol", ask("/rooms/a", ["Upgrade: h2c", "Connection: Upgrade"])],
    ["an Upgrade that Connection does not name", ask("/rooms/a", ["Upgrade: echo"])],
  ])("answers %s with 426 and the protocol, and keeps the connection", async (_what, request) => {
    const { server } = await start();
    const client = await RawClient.connect({ port: server.port });
    onTestFinished(() => client.destroy());
    const [refused] = await client.send(request).responses(1);
    if (refused === undefined) throw new Error("no answer");
    expect([refused.status, field(refused, "Upgrade"), field(refused, "Connection")]).toEqual([
      426,
      "echo",
      "Upgrade",
    ]);
    expect((await client.send(ask("/plain", [])).responses(2))[1]?.status).toBe(200);
  });

  test.each<[what: string, request: string, status: number]>([
    ["of HTTP/1.0", ask("/rooms/a").replace("HTTP/1.1", "HTTP/1.0"), 426],
    ["of another method", ask("/rooms/a", undefined, "POST"), 405],
    ["to a path without an upgrade route", ask("/plain"), 200],
    ["to no path at all", ask("/nowhere"), 404],
    ["to a malformed path", ask("/%"), 400],
    ["without a Host", ask("/rooms/a").replace("Host: x\r\n", ""), 400],
  ])("answers a request %s as if it had no Upgrade", async (_what, request, status) => {
    const { server } = await start(() => {
      throw new Error("not expected");
    });
    const client = await RawClient.connect({ port: server.port });
    onTestFinished(() => client.destroy());
    expect((await client.send(request).responses(1))[0]?.status).toBe(status);
  });

  test("lets a route of handle() have the path for other requests, in either order", async () => {
    const handle = (server: Packetron, routePath: string): void =>
      void server.handle({ routePath, handler: (_request, response) => response.send("a page") });
    const { server, host } = await start(echo, undefined, {}, (made) => handle(made, "rooms/page"));
    host.upgrade({ protocol: "echo", routePath: "late" }, echo);
    handle(server, "late");
    for (const path of ["/rooms/page", "/late"]) {
      const { socket, received } = await dial(server);
      socket.write(ask(path, []));
      await vi.waitFor(() => expect(received()).toMatch(/a page$/));
      socket.write(ask(path));
      await vi.waitFor(() => expect(received()).toMatch(/101 Switching/));
    }
    expect(server.routes().map(({ path, upgrade }) => [path, upgrade])).toEqual([
      ["/plain", undefined],
      ["/rooms/page", undefined],
      ["/late", undefined],
      ["/late", "echo"],
      ["/rooms/:name", "echo"],
    ]);
  });

  test("runs gates before, whose answer has its status and closes the connection", async () => {
    const taken: unknown[] = [];
    const { server, settled } = await start(
      (request) => void taken.push(request.url),
      (host) => {
        host.gate(GateOrder.EARLY, async (request, response) => {
          await nextTurn();
          response.setHeader("X-Gate", "ran");
          if (request.path === "/rooms/closed") response.sendStatusCode(403);
        });
      },
    );
    const client = await RawClient.connect({ port: server.port });
    const [answer, ...others] = await client.send(`${ask("/rooms/closed")}rest`).untilClose();
    if (answer === undefined) throw new Error("no answer");
    expect([answer.status, field(answer, "X-Gate"), field(answer, "Connection"), others]).toEqual([
      403,
      "ran",
      "close",
      [],
    ]);
    expect(taken).toEqual([]);
    expect(settled).toMatchObject([{ status: 403, aborted: false }]);
    await vi.waitFor(() =>
      expect({ ...server.load }).toEqual({ connections: 0, upgraded: 0, inFlight: 0, requests: 1 }),
    );
  });

  test("aborts the request of a client that leaves while a gate waits", async () => {
    const signals: AbortSignal[] = [];
    const { server, settled } = await start(undefined, (host) => {
      host.gate(GateOrder.EARLY, (request) => {
        signals.push(request.signal);
        return new Promise<void>((resolve) => request.signal.addEventListener("abort", () => resolve()));
      });
    });
    const { socket } = await dial(server);
    socket.write(ask("/rooms/a"));
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    socket.destroy();
    await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true));
    await vi.waitFor(() =>
      expect({ ...server.load }).toEqual({ connections: 0, upgraded: 0, inFlight: 0, requests: 0 }),
    );
    expect(settled).toMatchObject([{ status: 0, aborted: true }]);
  });

  test.each<[how: string, take: Take]>([
    [
      "throws",
      () => {
        throw new Error("on purpose");
      },
    ],
    ["rejects", () => Promise.reject(new Error("on purpose"))],
  ])("destroys the socket of a client whose take() %s, and logs the error", async (_how, take) => {
    const { server, lines } = await start(take);
    const { socket, received } = await dial(server);
    socket.write(ask("/rooms/a"));
    await once(socket, "close");
    expect(received()).toBe("");
    expect(lines.map(({ message }) => message)).toEqual(["GET /rooms/:name failed"]);
  });

  test("answers what is due before a pipelined upgrade, and closes instead of taking it", async () => {
    const release: (() => void)[] = [];
    const { server } = await start(undefined, undefined, {}, (made) => {
      made.handle({
        routePath: "slow",
        handler: async (_request, response) => {
          await new Promise<void>((resolve) => release.push(resolve));
          response.send("slow");
        },
      });
    });
    const { socket, received } = await dial(server);
    socket.write(ask("/slow", []) + ask("/rooms/a"));
    await vi.waitFor(() => expect(release).toHaveLength(1));
    release[0]?.();
    await once(socket, "close");
    const { responses } = parseResponses(Buffer.from(received()), [], true);
    expect(responses.map(({ body }) => String(body))).toEqual(["slow"]);
  });

  test("signals a drain to the sockets, waits for them, and cuts them after drainTimeout", async () => {
    const sockets: UpgradedSocket[] = [];
    const { server } = await start(
      (_request, socket) => {
        sockets.push(socket);
        socket.write(SWITCH);
        if (sockets.length === 1) socket.drainSignal.addEventListener("abort", () => socket.end("bye"));
        socket.resume();
      },
      undefined,
      { drainTimeout: 200 },
    );
    const clients = [await dial(server), await dial(server)];
    for (const { socket, received } of clients) {
      socket.write(ask("/rooms/a"));
      await vi.waitFor(() => expect(received()).toMatch(/101/));
    }
    const closed = clients.map(({ socket }) => once(socket, "close"));
    await Promise.all([server.stop(), ...closed]);
    expect(clients.map(({ received }) => received())).toEqual([`${SWITCH}bye`, SWITCH]);
    expect(sockets.map(({ drainSignal }) => drainSignal.aborted)).toEqual([true, true]);
    expect({ ...server.load }).toEqual({ connections: 0, upgraded: 0, inFlight: 0, requests: 2 });
  });

  test("takes no upgrades of a route that was removed, and keeps the sockets that it has", async () => {
    const { server, host } = await start();
    const route = host.upgrade({ protocol: "echo", routePath: "gone" }, echo);
    const first = await dial(server);
    first.socket.write(ask("/gone"));
    await vi.waitFor(() => expect(first.received()).toBe(SWITCH));
    route.remove();
    const second = await dial(server);
    second.socket.write(ask("/gone"));
    await vi.waitFor(() => expect(second.received()).toMatch(/^HTTP\/1.1 404/));
    first.socket.write("still here");
    await vi.waitFor(() => expect(first.received()).toBe(`${SWITCH}still here`));
  });

  test("leaves requests of servers without an upgrade route as they are", async () => {
    const seen: unknown[] = [];
    const { server } = await startServer(
      (made) =>
        void made.handle({
          routePath: "a",
          handler: (request: PacketronRequest, response) => {
            seen.push(request.headers.upgrade);
            response.send("a");
          },
        }),
      { dispatch },
    );
    const client = await RawClient.connect({ port: server.port });
    onTestFinished(() => client.destroy());
    // Node's parser drops what comes with such a request, so the second one is sent later.
    await client.send(ask("/a")).responses(1);
    expect((await client.send(ask("/a")).responses(2)).map(({ status }) => status)).toEqual([200, 200]);
    expect(seen).toEqual(["echo", "echo"]);
  });
});
