/** Answers that are batched with those of other connections, as under load. */
import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import type { PacketronRequest } from "../../src/message/request.ts";
import { createCertificate } from "../_certificate.ts";
import { RawClient } from "../_raw.ts";
import { handleAtOnce } from "../_turns.ts";
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
beforeAll(handleAtOnce);
afterEach(() => server?.stop());

async function connectMany(dispatch: HttpListenerParts["dispatch"], tls = false): Promise<RawClient[]> {
  const started = await startServing(tls ? { tls: createCertificate() } : {}, dispatch);
  server = started;
  const clients = await Promise.all(paths.map(() => RawClient.connect(started)));
  onTestFinished(() => {
    for (const client of clients) client.destroy();
  });
  // Node accepts one connection in each turn; bytes for accepted connections arrive in one turn.
  await expect.poll(() => started.serving.connections).toBe(paths.length);
  return clients;
}

/** Lets each client request its own path, and returns the answers. */
function askAll(clients: readonly RawClient[]): Promise<string[]> {
  return Promise.all(
    clients.map(async (client, index) => {
      const [response] = await client.send(GET(paths[index] ?? "")).responses(1);
      return String(response?.body);
    }),
  );
}

describe("requests under load", () => {
  it("count as in flight until they are answered, not until their answers are flushed", async () => {
    const inFlight: unknown[] = [];
    const clients = await connectMany((request, response) => {
      inFlight.push(server?.serving.load.inFlight);
      response.sendTextPlain(request.url ?? "");
    });
    expect(await askAll(clients)).toEqual(paths);
    expect(new Set(inFlight)).toEqual(new Set([1]));
  });

  it("are each handled in the async context of their connection, despite contexts that others have entered", async () => {
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

  it("are handled, and end, in the async context in which the server listens", async () => {
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

  it("have their connection paused when push() of their body returns false", async () => {
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

  it("are handled at once when a listener reads the bytes of their socket", async () => {
    const clients = await connectMany((request, response) => {
      expect(request.complete).toBe(false);
      request.socket.on("data", () => {});
      response.sendTextPlain(request.url ?? "");
    });
    expect(await askAll(clients)).toEqual(paths);
    for (const client of clients) client.received = Buffer.alloc(0);
    expect(await askAll(clients)).toEqual(paths);
  });

  it("are all answered when the handler of the first stops the server", async () => {
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
      // As many bytes as one read takes: then Node reads again at once.
      ["as much as a read takes", POST_OF(65_536), tls] as const,
    ]),
  )(
    "are answered after an await, too, when the client closes its side after %s, TLS: %3$s",
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
    "do not get the body that a handler pushes into an earlier request, %s",
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

  it.each(["", "x"])("are answered before malformed bytes after them, body: %j", async (body) => {
    const [client] = await connectMany((_request, response) => void response.sendTextPlain("fine"));
    const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answers = await client?.send(`${head}${body}garbage\r\n\r\n`).untilClose();
    expect(answers?.map(({ status }) => status)).toEqual([200, 400]);
  });

  it("get a body that arrives in many pieces in one turn, in order", async () => {
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

describe("batched answers", () => {
  it.each([false, true])("reach their own clients, TLS: %s", async (tls) => {
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

  it("emit their events in the async context in which the listener was attached", async () => {
    const storage = new AsyncLocalStorage<string>();
    const events: unknown[] = [];
    const clients = await connectMany((request, response) => {
      storage.run(request.url ?? "", () => {
        response.sendTextPlain(request.url ?? "");
        for (const event of ["finish", "close"])
          response.on(event, () => events.push([event, request.url, storage.getStore()]));
      });
    });
    await askAll(clients);
    await expect.poll(() => events.length).toBe(2 * paths.length);
    expect(events).toEqual(
      expect.arrayContaining(
        paths.flatMap((path) => [
          ["finish", path, path],
          ["close", path, path],
        ]),
      ),
    );
  });

  it("are flushed in the root async context, so that the context of one request does not leak to others", async () => {
    const storage = new AsyncLocalStorage<string>();
    const events: unknown[] = [];
    const clients = await connectMany((request, response) => {
      storage.run(request.url ?? "", () => {
        response.sendTextPlain(request.url ?? "");
        for (const event of ["end", "close"]) request.on(event, () => events.push(storage.getStore()));
      });
    });
    await askAll(clients);
    await expect.poll(() => events.length).toBe(2 * paths.length);
    expect(new Set(events)).toEqual(new Set([undefined])); // as in Node
  });

  it("are not batched when write() of the socket is wrapped: the wrapper runs in the handler's context", async () => {
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

  it("are flushed also when a listener of one of them throws", async () => {
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

  it("all emit their events when a listener of one of them throws, in one write", async () => {
    const events: unknown[] = [];
    const [client] = await connectMany((request, response) => {
      response.sendTextPlain("");
      response.on("finish", () => {
        if (request.url === "/1") throw new Error("mine");
      });
      response.on("close", () => events.push(request.url));
    });
    const uncaught = nextUncaught();
    await client?.send(["/0", "/1", "/2", "/3"].map(GET).join("")).responses(4);
    expect(String(await uncaught)).toBe("Error: mine");
    await expect.poll(() => events).toEqual(["/0", "/1", "/2", "/3"]);
  });

  it("do not prevent their socket from closing when a listener throws", async () => {
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

  it("are flushed before the stop of the server ends their connections", async () => {
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
  ])("are flushed before a later %s the socket takes effect", async (_name, act, later) => {
    const [client] = await connectMany((request, response) => {
      response.sendTextPlain("answer");
      act(request, response);
    });
    await client?.send(GET("/")).until(({ received }) => received.toString().endsWith(`answer${later}`));
    expect(client?.received.toString()).toMatch(new RegExp(`answer${later}$`));
  });

  it("pass through a wrapped write() of the socket, wrapped before the connection's first request or later", async () => {
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
