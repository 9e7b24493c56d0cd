import { once } from "node:events";
import { type Capability, GateOrder, Packetron } from "@packetron/core";
import { capabilityConformance } from "@packetron/core/testing";
import { describe, expect, test, vi } from "vitest";
import { type PacketronWebSocket, type WebSocketOptions, webSocket } from "../src/index.ts";
import { Client, handshake, startServer } from "./_server.ts";

describe("webSocket() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(webSocket)) test(name, run);
});

const echo: WebSocketOptions = {
  routePath: "echo",
  message: (socket, data) => void socket.send(data),
};

describe("a WebSocket", () => {
  test.each<[title: string, data: string | Buffer]>([
    ["text", "hello"],
    ["text beyond ASCII", "héllo wörld 你好 👋"],
    ["an empty text", ""],
    ["text of 125 bytes", "x".repeat(125)],
    ["text of 126 bytes", "x".repeat(126)],
    ["text of 65,535 bytes", "x".repeat(65_535)],
    ["text of 65,536 bytes", "x".repeat(65_536)],
    ["bytes", Buffer.from([0, 255, 127])],
    ["no bytes", Buffer.alloc(0)],
    ["a message at the limit", Buffer.alloc(1_048_576, 7)],
  ])("sends back %s", async (_title, data) => {
    const { server } = await startServer((made) => void made.webSocket(echo));
    const client = await Client.open(server, "/echo");
    client.ws.send(data);
    expect(await client.messages(1)).toEqual([data]);
  });

  test("compresses on demand", async () => {
    const { server } = await startServer((made) => void made.webSocket({ ...echo, perMessageDeflate: true }));
    const client = await Client.open(server, "/echo", [], { perMessageDeflate: true });
    expect(client.ws.extensions).toContain("permessage-deflate");
    client.ws.send("x".repeat(100_000));
    expect(await client.messages(1)).toEqual(["x".repeat(100_000)]);
  });

  test("calls open, message and close in their order, with the request and the data of the program", async () => {
    const calls: unknown[] = [];
    const { server } = await startServer(
      (made) =>
        void made.webSocket<{ name: string }>({
          routePath: "rooms/:room",
          open(socket) {
            socket.data = { name: socket.request.query["name"] ?? "" };
            calls.push(["open", socket.request.params["room"], socket.data.name, socket.isOpen]);
          },
          message: (socket, data, isBinary) => void calls.push([socket.data.name, data, isBinary]),
          close: (socket, code, reason) => void calls.push([socket.data.name, code, reason, socket.isOpen]),
        }),
    );
    const client = await Client.open(server, "/rooms/blue?name=ada");
    client.ws.send("one");
    client.ws.send(Buffer.from("two"));
    client.ws.close(4000, "bye");
    await client.closed;
    await vi.waitUntil(() => calls.length === 4, { timeout: 10_000 });
    expect(calls).toEqual([
      ["open", "blue", "ada", true],
      ["ada", "one", false],
      ["ada", Buffer.from("two"), true],
      ["ada", 4000, "bye", false],
    ]);
  });

  test("chooses the subprotocol of the option, or none", async () => {
    const { server } = await startServer((made) => {
      made.webSocket({ ...echo, protocols: ["chat.v2", "chat.v1"] });
      made.webSocket({ ...echo, routePath: "chosen", protocols: (offered) => offered.at(-1) ?? false });
      made.webSocket({ ...echo, routePath: "any" });
    });
    const protocolOf = async (path: string, offered: string[]): Promise<string> =>
      (await Client.open(server, path, offered)).ws.protocol;
    expect(await protocolOf("/echo", ["chat.v0", "chat.v1"])).toBe("chat.v1");
    expect(await protocolOf("/chosen", ["a", "b"])).toBe("b");
    expect(await protocolOf("/any", ["a", "b"])).toBe("a");
    const refused = await handshake(server, "/echo", { "Sec-WebSocket-Protocol": "other" });
    expect([refused.status, /sec-websocket-protocol/i.test(refused.head)]).toEqual([101, false]);
  });

  test.each([1000, 1003, 1009, 1014, 3000, 4001])(
    "can be closed by the program with the code %d and a reason",
    async (code) => {
      const { server } = await startServer(
        (made) => void made.webSocket({ routePath: "a", open: (socket) => socket.close(code, "signed out") }),
      );
      const client = await Client.open(server, "/a");
      expect(await client.closed).toEqual([code, "signed out"]);
    },
  );

  test.each([
    [999, ""],
    [1004, ""],
    [1005, ""],
    [1006, ""],
    [1010, ""],
    [2999, ""],
    [5000, ""],
    [4000.5, ""],
    [1000, "x".repeat(124)],
  ])("refuses to close with the code %d and a reason of %j", async (code, reason) => {
    const thrown: unknown[] = [];
    const { server } = await startServer(
      (made) =>
        void made.webSocket({
          routePath: "a",
          open(socket) {
            try {
              socket.close(code, reason);
            } catch (error) {
              thrown.push(error);
            }
          },
        }),
    );
    await Client.open(server, "/a");
    expect(thrown).toMatchObject([{ code: "PKT_WEBSOCKET_CLOSE" }]);
  });

  test.each([5, { a: 1 }, null, undefined])("refuses to send %o", async (value) => {
    const thrown: unknown[] = [];
    const { server } = await startServer(
      (made) =>
        void made.webSocket({
          routePath: "a",
          open(socket) {
            for (const call of [socket.send, socket.publish.bind(socket, "a")]) {
              try {
                Reflect.apply(call, socket, [value]);
              } catch (error) {
                thrown.push(error);
              }
            }
          },
        }),
    );
    await Client.open(server, "/a");
    expect(thrown).toMatchObject([{ code: "PKT_WEBSOCKET_DATA" }, { code: "PKT_WEBSOCKET_DATA" }]);
  });

  test.each(["throws", "rejects"])("whose message() %s is logged and closed with 1011", async (kind) => {
    const { server, lines } = await startServer(
      (made) =>
        void made.webSocket({
          routePath: "a",
          message() {
            const error = new Error("on purpose");
            if (kind === "throws") throw error;
            return Promise.reject(error);
          },
        }),
    );
    const client = await Client.open(server, "/a");
    client.ws.send("x");
    expect(await client.closed).toEqual([1011, ""]);
    await vi.waitUntil(() => lines.length > 0, { timeout: 10_000 });
    expect(lines).toMatchObject([{ level: "error", fields: { err: { message: "on purpose" } } }]);
  });
});

describe("the handshake", () => {
  test("of a plain GET is answered with 426", async () => {
    const { server } = await startServer((made) => void made.webSocket(echo));
    const answer = await fetch(`http://127.0.0.1:${server.port}/echo`);
    expect([answer.status, answer.headers.get("upgrade")]).toEqual([426, "websocket"]);
  });

  test("runs plugins and gates first, which answer with a real status", async () => {
    const guard: Capability = {
      name: "guard",
      install: (host) =>
        void host.gate(GateOrder.LATE, (request, response) => {
          if (request.query["token"] === "good") return false;
          response.sendTextPlain("no", 401);
          return true;
        }),
    };
    const { server } = await startServer((made) => void made.webSocket(echo), { capabilities: [guard] });
    const refused = await handshake(server, "/echo");
    expect([refused.status, refused.body]).toEqual([401, "no"]);
    expect((await handshake(server, "/echo?token=good")).status).toBe(101);
  });

  test.each<[title: string, fields: Record<string, string | undefined>, status: number]>([
    ["without a key", { "Sec-WebSocket-Key": undefined }, 400],
    ["with a short key", { "Sec-WebSocket-Key": "abc" }, 400],
    ["with a key of 17 bytes", { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZTE=" }, 400],
    ["of another version", { "Sec-WebSocket-Version": "8" }, 426],
    ["without a version", { "Sec-WebSocket-Version": undefined }, 426],
    ["from a page of another host", { Origin: "https://evil.example" }, 403],
    ["from a page without an origin", { Origin: "null" }, 403],
  ])("%s is refused with a problem document", async (_title, fields, status) => {
    const { server } = await startServer((made) => void made.webSocket(echo));
    const answer = await handshake(server, "/echo", fields);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ status });
    if (status === 426) expect(answer.head).toMatch(/sec-websocket-version: 13/i);
  });

  test.each<[origin: WebSocketOptions["origin"], page: string, host: string, status: number]>([
    ["same-origin", "http://app.example", "app.example", 101],
    ["same-origin", "https://app.example", "app.example", 101],
    ["same-origin", "https://app.example", "app.example:443", 101],
    ["same-origin", "http://app.example", "App.Example", 101],
    ["same-origin", "http://app.example:81", "app.example", 403],
    ["same-origin", "http://app.example.evil.example", "app.example", 403],
    ["same-origin", "null", "app.example", 403],
    ["*", "https://evil.example", "app.example", 101],
    ["https://a.example", "https://a.example", "app.example", 101],
    ["https://a.example", "https://app.example", "app.example", 403],
    [["same-origin", "https://a.example"], "https://a.example", "app.example", 101],
    [["same-origin", "https://a.example"], "https://app.example", "app.example", 101],
    [/^https:\/\/\w+\.a\.example$/, "https://x.a.example", "app.example", 101],
    [/^https:\/\/\w+\.a\.example$/, "https://x.a.example.b", "app.example", 403],
    [(origin) => origin === "https://a.example", "https://a.example", "app.example", 101],
    [async () => false, "https://a.example", "app.example", 403],
  ])("with origin: %o from %s to %s is answered with %4$i", async (origin, page, host, status) => {
    const { server } = await startServer(
      (made) => void made.webSocket({ ...echo, ...(origin === undefined ? {} : { origin }) }),
    );
    expect((await handshake(server, "/echo", { Origin: page, Host: host })).status).toBe(status);
  });
});

describe("limits", () => {
  test("a message beyond maxPayloadLength closes with 1009", async () => {
    const { server } = await startServer((made) => void made.webSocket({ ...echo, maxPayloadLength: 100 }));
    const client = await Client.open(server, "/echo");
    client.ws.send("x".repeat(101));
    expect(await client.closed).toEqual([1009, ""]);
  });

  test("a client that is silent is asked for a sign of life, and cut when it gives none", async () => {
    const closes: unknown[] = [];
    const { server } = await startServer(
      (made) =>
        void made.webSocket({ ...echo, idleTimeout: 600, close: (_socket, code) => void closes.push(code) }),
    );
    const silent = await Client.open(server, "/echo", [], { autoPong: false });
    const alive = await Client.open(server, "/echo");
    let pings = 0;
    alive.ws.on("ping", () => pings++);
    await silent.closed;
    await vi.waitUntil(() => pings >= 2 && closes.length > 0, { timeout: 10_000 });
    expect(closes).toEqual([1006]);
    expect(alive.ws.readyState).toBe(alive.ws.OPEN);
  });

  test("a client that does not read is cut at backpressureLimit, and the others do not notice", async () => {
    const codes: number[] = [];
    const results: boolean[] = [];
    const chunk = Buffer.alloc(64 * 1024);
    const { server } = await startServer(
      (made) =>
        void made.webSocket({
          ...echo,
          backpressureLimit: 512 * 1024,
          message(socket, data) {
            if (data !== "flood") return void socket.send(data);
            while (socket.isOpen) results.push(socket.send(chunk));
          },
          close: (_socket, code) => void codes.push(code),
        }),
    );
    const slow = await Client.open(server, "/echo");
    const other = await Client.open(server, "/echo");
    slow.ws.pause();
    slow.ws.send("flood");
    await vi.waitUntil(() => codes.length > 0, { timeout: 10_000 });
    expect(codes).toEqual([1006]);
    expect(results.includes(true)).toBe(true);
    expect(results.at(-1)).toBe(false);
    other.ws.send("hello");
    expect(await other.messages(1)).toEqual(["hello"]);
  });

  test("calls drain() when a client has read what was waiting", async () => {
    let drained = 0;
    const { server } = await startServer(
      (made) =>
        void made.webSocket({
          ...echo,
          backpressureLimit: 64 * 1024 * 1024,
          open(socket) {
            const chunk = Buffer.alloc(256 * 1024);
            while (socket.send(chunk));
          },
          drain: () => void drained++,
        }),
    );
    const client = await Client.open(server, "/echo");
    await vi.waitUntil(() => drained > 0, { timeout: 10_000 });
    expect(client.received.length).toBeGreaterThan(0);
  });
});

describe("topics", () => {
  test("reach every subscriber, but not the socket that publishes", async () => {
    const sockets: PacketronWebSocket[] = [];
    const { server } = await startServer(
      (made) =>
        void made.webSocket({
          routePath: "chat",
          open: (socket) => {
            sockets.push(socket);
            socket.subscribe("chat");
          },
          message: (socket, data) => socket.publish("chat", data),
        }),
    );
    const clients = await Promise.all([1, 2, 3].map(() => Client.open(server, "/chat")));
    clients[0]?.ws.send("hello");
    for (const client of clients.slice(1)) expect(await client.messages(1)).toEqual(["hello"]);
    server.publish("chat", Buffer.from("all"));
    server.publish("other", "none");
    for (const client of clients)
      await vi.waitUntil(() => client.received.some((data) => data instanceof Buffer), { timeout: 10_000 });
    expect(clients[0]?.received).toEqual([Buffer.from("all")]);
    sockets[1]?.unsubscribe("chat");
    server.publish("chat", "few");
    await clients[2]?.messages(3);
    expect(sockets.map((socket) => socket.isOpen)).toEqual([true, true, true]);
  });

  test("forget a socket that is closed", async () => {
    const { server } = await startServer(
      (made) => void made.webSocket({ routePath: "chat", open: (socket) => socket.subscribe("chat") }),
    );
    const client = await Client.open(server, "/chat");
    expect(server.load).toMatchObject({ connections: 1, upgraded: 1 });
    client.ws.close();
    await client.closed;
    await vi.waitUntil(() => server.load.connections === 0, { timeout: 10_000 });
    expect(server.load.upgraded).toBe(0);
    server.publish("chat", "has no subscriber");
  });

  test.each(["", 5, "x".repeat(513)])("have a text of 1 to 512 characters, not %o", async (topic) => {
    const { server } = await startServer((made) => void made.webSocket(echo));
    expect(() => Reflect.apply(server.publish, server, [topic, "x"])).toThrow(
      expect.objectContaining({ code: "PKT_WEBSOCKET_TOPIC" }),
    );
  });
});

test("a drain closes with 1001, and stop() waits for the ends", async () => {
  const { server } = await startServer((made) => void made.webSocket(echo));
  const clients = await Promise.all(Array.from({ length: 20 }, () => Client.open(server, "/echo")));
  const stopped = server.stop();
  for (const { closed } of clients) expect(await closed).toEqual([1001, ""]);
  await stopped;
});

test("a client that does not answer 1001 is cut when drainTimeout is over", async () => {
  const { server } = await startServer((made) => void made.webSocket(echo), { drainTimeout: 300 });
  const { socket } = await handshake(server, "/echo");
  const closed = once(socket, "close");
  await server.stop();
  await closed;
});

describe("a wrong option throws, and names what is expected", () => {
  test.each<[options: object, message: RegExp]>([
    [{ routePath: "a", message: "x" }, /message.*a function/],
    [{ routePath: "a", maxPayloadLength: 0 }, /maxPayloadLength.*bytes/],
    [{ routePath: "a", backpressureLimit: "1mb" }, /backpressureLimit.*"1mb"/],
    [{ routePath: "a", idleTimeout: -1 }, /idleTimeout.*milliseconds/],
    [{ routePath: "a", perMessageDeflate: 1 }, /perMessageDeflate/],
    [{ routePath: "a", origin: "app.example" }, /origin.*"same-origin"/],
    [{ routePath: "a", origin: [] }, /origin/],
    [{ routePath: "a", origin: /a/g }, /without the flags/],
    [{ routePath: "a", protocols: ["two words"] }, /protocols.*list of subprotocols/],
    [{ routePath: "a", onMessage: () => {} }, /onMessage.*Did you mean "message"/],
    [{ routePath: "a", handler: () => {} }, /Unknown webSocket\(\) option "handler".*Known: routePath, /],
    [{ routePath: "a", method: 0 }, /Unknown webSocket\(\) option "method"/],
    [{ message: () => {} }, /routePath/],
  ])("%o", (options, message) => {
    const server = new Packetron({ maxThreads: 1, capabilities: [webSocket()] });
    expect(() => Reflect.apply(server.webSocket, server, [options])).toThrow(message);
  });
});
