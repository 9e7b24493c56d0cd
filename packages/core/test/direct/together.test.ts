/** Answers that wait for those of other connections, as they do under load. */
import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import type { PacketronRequest } from "../../src/message/request.ts";
import { createCertificate } from "../_certificate.ts";
import { RawClient } from "../_raw.ts";
import { nextUncaught } from "../_uncaught.ts";
import { startServing, type TestServer } from "./_serving.ts";
import { answerTogether } from "./_together.ts";

const POST = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
const POST_OF = (total: number): string => {
  const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ";
  const size = total - head.length - "12345\r\n\r\n".length;
  return `${head}${size}\r\n\r\n${"x".repeat(size)}`;
};
const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const paths = Array.from({ length: 40 }, (_, index) => `/${index}`);

let server: TestServer | undefined;
beforeAll(answerTogether);
afterEach(() => server?.stop());

async function connectMany(dispatch: HttpListenerParts["dispatch"], tls = false): Promise<RawClient[]> {
  const started = await startServing(tls ? { tls: createCertificate() } : {}, dispatch);
  server = started;
  const clients = await Promise.all(paths.map(() => RawClient.connect(started)));
  onTestFinished(() => {
    for (const client of clients) client.destroy();
  });
  // Node accepts a connection in each turn; what is sent to those that it has comes in one.
  await expect.poll(() => started.serving.connections).toBe(paths.length);
  return clients;
}

/** Each client asks for a path of its own; gives their answers. */
function askAll(clients: readonly RawClient[]): Promise<string[]> {
  return Promise.all(
    clients.map(async (client, index) => {
      const [response] = await client.send(GET(paths[index] ?? "")).responses(1);
      return String(response?.body);
    }),
  );
}

describe("requests under load", () => {
  it("count as in flight until they are answered, not until their answers leave", async () => {
    const inFlight: unknown[] = [];
    const clients = await connectMany((request, response) => {
      inFlight.push(server?.serving.load.inFlight);
      response.sendTextPlain(request.url ?? "");
    });
    expect(await askAll(clients)).toEqual(paths);
    expect(new Set(inFlight)).toEqual(new Set([1]));
  });

  it("are each handled in the context of their connection, whatever another one has entered", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const clients = await connectMany((request, response) => {
      seen.push(storage.getStore());
      storage.enterWith(request.url ?? "");
      process.nextTick(() => {
        expect(storage.getStore()).toBe(request.url);
        response.sendTextPlain(request.url ?? "");
      });
    });
    expect(await askAll(clients)).toEqual(paths);
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });

  it("are handled, and end, in the context in which the server listens", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const clients = await storage.run("server", () =>
      connectMany((request, response) => {
        seen.push(storage.getStore());
        request.on("data", () => seen.push(storage.getStore()));
        request.on("end", () => {
          seen.push(storage.getStore());
          response.sendTextPlain("read");
        });
      }),
    );
    await Promise.all(clients.map((client) => client.send(POST).responses(1)));
    expect(seen.length).toBe(3 * clients.length);
    expect(new Set(seen)).toEqual(new Set(["server"]));
  });

  it("have their connection paused when their body is more than somebody wants by now", async () => {
    const paused: boolean[] = [];
    const [client] = await connectMany((request, response) => {
      const { push } = request;
      Reflect.set(request, "push", (chunk: unknown) => {
        const more: unknown = Reflect.apply(push, request, [chunk]);
        return chunk === null ? more : false;
      });
      process.nextTick(() => {
        paused.push(request.socket.isPaused());
        response.sendTextPlain("fine");
      });
    });
    await client?.send(POST).responses(1);
    await client?.send(POST).responses(2);
    expect(paused).toEqual([true, true]);
  });

  it("are handled at once where somebody listens to the bytes of their socket", async () => {
    const clients = await connectMany((request, response) => {
      expect(request.complete).toBe(false);
      request.socket.on("data", () => {});
      response.sendTextPlain(request.url ?? "");
    });
    expect(await askAll(clients)).toEqual(paths);
    for (const client of clients) client.received = Buffer.alloc(0);
    expect(await askAll(clients)).toEqual(paths);
  });

  it("are all answered when the first of them has the server stopped", async () => {
    let stopped: Promise<unknown> | undefined;
    const clients = await connectMany((request, response) => {
      stopped ??= server?.serving.drain(0);
      response.sendTextPlain(request.url ?? "");
    });
    expect(await askAll(clients)).toEqual(paths);
    await stopped;
  });

  it.each(
    [false, true].flatMap((tls) => [
      ["a request", GET("/"), tls] as const,
      ["a request with a body", POST, tls] as const,
      // As much as a read takes: then it is followed by another one at once.
      ["as much as a read takes", POST_OF(65_536), tls] as const,
    ]),
  )(
    "are answered behind what they await, too, when the client says goodbye behind %s, TLS: %3$s",
    async (_name, text, tls) => {
      const clients = await connectMany(async (request, response) => {
        let size = 0;
        for await (const chunk of request) size += chunk.length;
        await Promise.resolve();
        response.sendTextPlain(`got ${size}`);
      }, tls);
      const answers = clients.map((client) => {
        client.socket.end(text);
        return client.untilClose();
      });
      const size = text.length - text.indexOf("\r\n\r\n") - 4;
      for (const [answer] of await Promise.all(answers)) expect(String(answer?.body)).toBe(`got ${size}`);
    },
  );

  it.each(["first", "last"])(
    "get no body that somebody gives to a request before them, %s",
    async (place) => {
      const bodies: string[] = [];
      let old: PacketronRequest | undefined;
      const [client, actor] = await connectMany(async (request, response) => {
        if (request.url === "/old") old = request;
        if (request.url === "/actor") old?.push(Buffer.from("EVIL!"));
        if (request.method === "POST" && request.url === "/") {
          let body = "";
          for await (const chunk of request) body += String(chunk);
          bodies.push(body);
        }
        response.sendTextPlain("");
      });
      await client?.send(GET("/old")).responses(1);
      const chunked = "POST /actor HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
      if (place === "first") actor?.send(chunked);
      client?.send(POST.slice(0, -"hello".length));
      if (place === "last") actor?.send(chunked);
      await actor?.responses(1);
      await client?.send("hello").responses(2);
      expect(bodies).toEqual(["hello"]);
    },
  );

  it.each(["", "x"])("are answered before what is no request behind them, body: %j", async (body) => {
    const [client] = await connectMany((_request, response) => void response.sendTextPlain("fine"));
    const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answers = await client?.send(`${head}${body}garbage\r\n\r\n`).untilClose();
    expect(answers?.map(({ status }) => status)).toEqual([200, 400]);
  });

  it("get a body that comes in many pieces in one turn, in order", async () => {
    const text = Array.from({ length: 40_000 }, (_, index) => `${index},`).join("");
    const received = vi.fn<(text: string) => void>();
    const clients = await connectMany((request, response) => {
      let body = "";
      request.setEncoding("latin1");
      request.on("data", (chunk: string) => {
        body += chunk;
      });
      request.on("end", () => {
        received(body);
        response.sendTextPlain("read");
      });
    });
    const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${text.length}\r\n\r\n`;
    await Promise.all(clients.map((client) => client.send(head + text).responses(1)));
    expect(received.mock.calls.every(([body]) => body === text)).toBe(true);
    expect(received).toHaveBeenCalledTimes(paths.length);
  });
});

describe("answers that leave together", () => {
  it.each([false, true])("reach those who have asked, TLS: %s", async (tls) => {
    let turns = 0;
    let isNew = true;
    const clients = await connectMany((request, response) => {
      if (isNew) {
        isNew = false;
        turns++;
        setImmediate(() => {
          isNew = true;
        });
      }
      expect(request.complete).toBe(false);
      response.sendTextPlain(request.url ?? "");
      expect(response.writableFinished).toBe(false);
    }, tls);
    expect(await askAll(clients)).toEqual(paths);
    expect(turns).toBeLessThan(paths.length / 4);
  });

  it("are each told in the context in which somebody has begun to listen", async () => {
    const storage = new AsyncLocalStorage<string>();
    const told: unknown[] = [];
    const clients = await connectMany((request, response) => {
      storage.run(request.url ?? "", () => {
        response.sendTextPlain(request.url ?? "");
        for (const event of ["finish", "close"])
          response.on(event, () => told.push([event, request.url, storage.getStore()]));
      });
    });
    await askAll(clients);
    await expect.poll(() => told.length).toBe(2 * paths.length);
    expect(told).toEqual(
      expect.arrayContaining(
        paths.flatMap((path) => [
          ["finish", path, path],
          ["close", path, path],
        ]),
      ),
    );
  });

  it("leave in nobody's context, so that no listener of a request hears of another one's", async () => {
    const storage = new AsyncLocalStorage<string>();
    const told: unknown[] = [];
    const clients = await connectMany((request, response) => {
      storage.run(request.url ?? "", () => {
        response.sendTextPlain(request.url ?? "");
        for (const event of ["end", "close"]) request.on(event, () => told.push(storage.getStore()));
      });
    });
    await askAll(clients);
    await expect.poll(() => told.length).toBe(2 * paths.length);
    expect(new Set(told)).toEqual(new Set([undefined])); // as in Node
  });

  it("do not wait where somebody has wrapped write() of the socket, who is called in the handler's context", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const clients = await connectMany((request, response) => {
      const { socket, url = "" } = request;
      const { write } = socket;
      Reflect.set(socket, "write", (...parameters: unknown[]): unknown => {
        seen.push([url, storage.getStore()]);
        return Reflect.apply(write, socket, parameters);
      });
      storage.run(url, () => response.sendTextPlain(url));
    });
    await askAll(clients);
    expect(seen).toEqual(expect.arrayContaining(paths.map((path) => [path, path])));
  });

  it("leave also when a listener of one of them throws", async () => {
    const clients = await connectMany((request, response) => {
      response.sendTextPlain(request.url ?? "");
      if (request.url !== "/7") return;
      response.on("finish", () => {
        throw new Error("mine");
      });
    });
    const uncaught = nextUncaught();
    expect(await askAll(clients)).toEqual(paths);
    expect(String(await uncaught)).toBe("Error: mine");
  });

  it("are all told of when a listener of one of them throws, in one write", async () => {
    const told: unknown[] = [];
    const [client] = await connectMany((request, response) => {
      response.sendTextPlain("");
      response.on("finish", () => {
        if (request.url === "/1") throw new Error("mine");
      });
      response.on("close", () => told.push(request.url));
    });
    const uncaught = nextUncaught();
    await client?.send(["/0", "/1", "/2", "/3"].map(GET).join("")).responses(4);
    expect(String(await uncaught)).toBe("Error: mine");
    await expect.poll(() => told).toEqual(["/0", "/1", "/2", "/3"]);
  });

  it("do not keep anybody from closing their socket when a listener throws", async () => {
    const [client] = await connectMany((request, response) => {
      response.sendTextPlain("fine");
      response.on("finish", () => {
        throw new Error("mine");
      });
      request.socket.destroy();
    });
    const uncaught = nextUncaught();
    const answers = await client?.send(GET("/")).untilClose();
    expect(answers?.map(({ status }) => status)).toEqual([200]);
    expect(String(await uncaught)).toBe("Error: mine");
    await expect.poll(() => server?.serving.connections).toBe(paths.length - 1);
  });

  it("leave before what the server's stop ends", async () => {
    let left = paths.length;
    const clients = await connectMany((request, response) => {
      response.sendTextPlain(request.url ?? "");
      left--;
      if (left === 0) void server?.serving.drain(0);
    });
    expect(await askAll(clients)).toEqual(paths);
  });

  it.each<[string, HttpListenerParts["dispatch"], string]>([
    ["write() of", ({ socket }) => socket.write("behind"), "behind"],
    ["end() of", ({ socket }) => socket.end("behind"), "behind"],
    ["destroy() of", ({ socket }) => socket.destroy(), ""],
    ["resetAndDestroy() of", ({ socket }) => socket.resetAndDestroy(), ""],
    ["destroySoon() of", ({ socket }) => socket.destroySoon(), ""],
    ["destroy() of a request on", (request) => request.destroy(), ""],
    ["destroy() of a response on", (_request, response) => response.destroy(), ""],
  ])("come before what %s the socket does behind them", async (_name, act, behind) => {
    const [client] = await connectMany((request, response) => {
      response.sendTextPlain("answer");
      act(request, response);
    });
    await client?.send(GET("/")).until(({ received }) => received.toString().endsWith(`answer${behind}`));
    expect(client?.received.toString()).toMatch(new RegExp(`answer${behind}$`));
  });

  it("are seen by whoever has wrapped write() of the socket, before the connection's first request or later", async () => {
    const seen: string[] = [];
    const wrap = (socket: { write: unknown }): void => {
      const { write } = socket;
      if (typeof write !== "function") throw new Error("no write()");
      socket.write = (...parameters: unknown[]): unknown => {
        seen.push(String(parameters[0]).split("\r\n").at(-1) ?? "");
        return Reflect.apply(write, socket, parameters);
      };
    };
    const [one, other] = await connectMany((request, response) => {
      if (request.url === "/now") wrap(request.socket);
      response.sendTextPlain(request.url ?? "");
    });
    await Promise.all([one?.send(GET("/unseen")).responses(1), other?.send(GET("/now")).responses(1)]);
    server?.serving.server.on("connection", wrap);
    const late = await RawClient.connect({ port: server?.port ?? 0 });
    await late.send(GET("/late")).responses(1);
    await late.send(GET("/later")).responses(2);
    await Promise.all([one?.send(GET("/unseen")).responses(2), other?.send(GET("/then")).responses(2)]);
    expect(seen).toEqual(["/now", "/late", "/later", "/then"]);
    late.destroy();
  });
});
