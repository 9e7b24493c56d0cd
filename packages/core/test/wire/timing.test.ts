import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { ServerOptions } from "../../src/config/options.ts";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { ask, exchange, field, RawClient } from "../_raw.ts";
import { answerAfterBody, answerOk, startServing, type TestServer } from "../connection/_serving.ts";

const HEAD = "GET /slow HTTP/1.1\r\nHost: x\r\n";

let server: TestServer | undefined;
let front: Server | undefined;
afterEach(async () => {
  front?.close();
  await server?.stop();
});

interface Ways {
  readonly name: string;
  /** Starts the server, and returns the port that clients connect to. */
  readonly start: (
    options: ServerOptions,
    dispatch?: HttpListenerParts["dispatch"],
  ) => Promise<{ port: number }>;
}

/** A server that listens, and one whose connections are handed over. */
const ways: readonly Ways[] = [
  {
    name: "a server that listens",
    async start(options, dispatch = answerOk) {
      server = await startServing({ lingerTimeout: 100, ...options }, dispatch);
      return server;
    },
  },
  {
    name: "a server whose connections are handed over",
    async start(options, dispatch = answerOk) {
      const { serving } = (server = await startServing({ lingerTimeout: 100, ...options }, dispatch, {
        listen: false,
      }));
      front = createServer((socket) => serving.accept(socket)).listen(0, "127.0.0.1");
      await once(front, "listening");
      return { port: (front.address() as AddressInfo).port };
    },
  },
];

describe.each(ways)("$name", ({ start }) => {
  it("answers a request that arrives byte by byte", async () => {
    const target = await start({}, answerAfterBody);
    const client = await RawClient.connect(target);
    for (const byte of "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello") {
      client.send(byte);
      await new Promise(setImmediate);
    }
    const [response] = await client.responses(1);
    expect(String(response?.body)).toBe("5 bytes");
    client.destroy();
  });

  it("answers a request whose client closes its side after it", async () => {
    const target = await start({});
    const client = await RawClient.connect({ ...target, allowHalfOpen: true });
    client.socket.end(`${HEAD}\r\n`);
    const responses = await client.untilClose();
    expect(responses.map(({ status }) => status)).toEqual([200]);
    client.destroy();
  });

  it("treats a client that closes its side before the answer as disconnected, like node:http", async () => {
    let aborted: () => void = () => {};
    const closed = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    const target = await start({}, (_request, response) => {
      response.on("close", aborted);
      setTimeout(() => response.end("late"), 30);
    });
    const client = await RawClient.connect({ ...target, allowHalfOpen: true });
    client.socket.end(`${HEAD}\r\n`);
    expect(await client.untilClose()).toEqual([]);
    client.destroy();
    await closed;
    expect(server?.reported).toEqual([]);
  });

  it("sends nothing to a client that closes its side in the middle of a head", async () => {
    const target = await start({});
    const client = await RawClient.connect({ ...target, allowHalfOpen: true });
    client.socket.end(HEAD);
    expect(await client.untilClose()).toEqual([]);
  });

  it("sends nothing to a silent client, and closes", async () => {
    const target = await start({ headersTimeout: 100 });
    const client = await RawClient.connect(target);
    expect(await client.untilClose()).toEqual([]);
  });

  it("answers 408 to a head that takes too long, and closes", async () => {
    const target = await start({ headersTimeout: 100 });
    const responses = await exchange(target, HEAD);
    expect(responses.map(({ status }) => status)).toEqual([408]);
    expect(responses[0] && field(responses[0], "connection")).toBe("close");
  });

  it("answers 408 to a second head that takes too long", async () => {
    const target = await start({ headersTimeout: 100 });
    const responses = await exchange(target, `${HEAD}\r\n${HEAD}`);
    expect(responses.map(({ status }) => status)).toEqual([200, 408]);
  });

  it("answers 408 to a body that takes too long, and the request ends", async () => {
    const target = await start({ headersTimeout: 100, requestTimeout: 150 }, answerAfterBody);
    const responses = await exchange(
      target,
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\nhello",
    );
    expect(responses.map(({ status }) => status)).toEqual([408]);
  });

  it("closes a connection that is idle for longer than keepAliveTimeout", async () => {
    const target = await start({ keepAliveTimeout: 50 });
    const responses = await exchange(target, `${HEAD}\r\n`);
    expect(responses.map(({ status }) => status)).toEqual([200]);
  });

  it("answers other clients while 200 clients send their heads slowly, and closes the slow ones", async () => {
    const target = await start({ headersTimeout: 400, lingerTimeout: 50 });
    const slow = await Promise.all(Array.from({ length: 200 }, () => RawClient.connect(target)));
    const dribble = setInterval(() => {
      for (const client of slow) client.send("X");
    }, 40);
    for (const client of slow) client.send(HEAD);
    for (let count = 0; count < 20; count++) {
      expect((await ask(target, `${HEAD}\r\n`)).status).toBe(200);
    }
    const endings = await Promise.all(slow.map((client) => client.untilClose().catch(() => [])));
    clearInterval(dribble);
    expect(endings.every((responses) => responses.every(({ status }) => status === 408))).toBe(true);
    expect((await ask(target, `${HEAD}\r\n`)).status).toBe(200);
  });
});
