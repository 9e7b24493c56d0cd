/** Answers that wait for those of other connections, as they do under load. */
import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ServingParts } from "../../src/connection/http-server.ts";
import { createCertificate } from "../_certificate.ts";
import { RawClient } from "../_raw.ts";
import { nextUncaught } from "../_uncaught.ts";
import { startServing, type TestServer } from "./_serving.ts";
import { answerTogether } from "./_together.ts";

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const paths = Array.from({ length: 40 }, (_, index) => `/${index}`);

let server: TestServer | undefined;
beforeAll(answerTogether);
afterEach(() => server?.stop());

async function connectMany(dispatch: ServingParts["dispatch"], tls = false): Promise<RawClient[]> {
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

  it("leave before what the server's stop ends", async () => {
    let left = paths.length;
    const clients = await connectMany((request, response) => {
      response.sendTextPlain(request.url ?? "");
      left--;
      if (left === 0) void server?.serving.drain(0);
    });
    expect(await askAll(clients)).toEqual(paths);
  });

  it.each<[string, ServingParts["dispatch"], string]>([
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
