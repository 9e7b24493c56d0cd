import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  type Capability,
  GateOrder,
  type Packetron,
  PacketronHandlerFlags,
  type PacketronRequest,
  PacketronRequestMethod,
  type PacketronResponse,
  PacketronServerFlags,
  type ServerOptions,
  type Take,
} from "../../src/index.ts";
import { ExchangeState } from "../../src/message/exchange.ts";
import { problem } from "../_problem.ts";
import { RawClient } from "../_raw.ts";
import { makeSignal } from "../_routes.ts";
import { startServer } from "../_server.ts";

const TIMEOUT = 60;
const NEVER = new Promise<never>(() => undefined);

afterEach(() => {
  vi.restoreAllMocks();
});

async function start(setUp: (server: Packetron) => void, options: ServerOptions) {
  const { server, lines } = await startServer(setUp, options);
  const client = await RawClient.connect({ port: server.port });
  onTestFinished(() => client.destroy());
  return { server, lines, client };
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

describe.each(["direct", "standard"] as const)("handlerTimeout, %s dispatch", (dispatch) => {
  test("answers 503 in place of a handler that has not answered, and aborts its signal", async () => {
    const reasons: unknown[] = [];
    const { client, lines } = await start(
      (server) => {
        server.handle({
          routePath: "hang/:id",
          handlerTimeout: TIMEOUT,
          handler: async ({ signal }) => {
            await once(signal, "abort");
            reasons.push(signal.reason);
          },
        });
        server.handle({ routePath: "next", handler: (_request, response) => response.send("ok") });
      },
      { dispatch },
    );
    const begun = performance.now();
    const [answer] = await client.send(get("/hang/1")).responses(1);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(TIMEOUT - 1);
    expect([answer?.status, answer?.body.toString()]).toEqual([503, problem(503)]);
    await vi.waitFor(() => expect(reasons).toHaveLength(1));
    expect(reasons).toMatchObject([
      {
        code: "PKT_HANDLER_TIMEOUT",
        message: expect.stringMatching(/^GET \/hang\/:id had not answered after 60 ms/),
      },
    ]);
    expect(lines).toMatchObject([
      {
        level: "warn",
        fields: { code: "PKT_HANDLER_TIMEOUT", route: "GET /hang/:id", requestId: expect.any(String) },
      },
    ]);
    expect((await client.send(get("/next")).responses(2)).map(({ status }) => status)).toEqual([503, 200]);
  });

  test("asks onError() with the coded error", async () => {
    const errors: unknown[] = [];
    const { client } = await start(
      (server) => {
        server.onError((error, _request, response) => {
          errors.push(error);
          response.send("too slow");
        });
        server.handle({ routePath: "hang", handlerTimeout: TIMEOUT, handler: () => NEVER });
      },
      { dispatch },
    );
    const [answer] = await client.send(get("/hang")).responses(1);
    expect([answer?.status, answer?.body.toString()]).toEqual([503, "too slow"]);
    expect(errors).toMatchObject([{ code: "PKT_HANDLER_TIMEOUT", status: 503 }]);
  });

  test("counts from the first gate of the route, a gate of the server not included", async () => {
    const { client } = await start(
      (server) => {
        const gate = (path: string, ms: number) => (request: PacketronRequest) =>
          request.path === path ? wait(ms, undefined) : undefined;
        server.answerTarget.addGate(50, gate("/server", 2 * TIMEOUT));
        const answer = (_request: PacketronRequest, response: PacketronResponse) => response.send("ok");
        server.handle({ routePath: "server", handlerTimeout: TIMEOUT, handler: answer });
        const route = server.handle({ routePath: "route", handlerTimeout: TIMEOUT, handler: answer });
        route.addStep({ order: 350, gate: () => NEVER });
      },
      { dispatch },
    );
    const answers = await client.send(get("/server") + get("/route")).responses(2);
    expect(answers.map(({ status }) => status)).toEqual([200, 503]);
  });

  test("does not count while the body is still arriving", async () => {
    const { client } = await start(
      (server) => {
        server.handle({
          method: PacketronRequestMethod.POST,
          routePath: "read",
          handlerTimeout: TIMEOUT,
          handler: async (request) => {
            for await (const _ of request);
            await NEVER;
          },
        });
      },
      { dispatch },
    );
    client.send("POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n");
    for (const byte of "abc") {
      await wait(TIMEOUT);
      expect(client.received.length).toBe(0);
      client.send(byte);
    }
    await wait(TIMEOUT);
    expect(client.received.length).toBe(0);
    const complete = performance.now();
    client.send("d");
    const [answer] = await client.responses(1);
    expect(answer?.status).toBe(503);
    expect(performance.now() - complete).toBeGreaterThanOrEqual(TIMEOUT - 15);
  });

  test("counts while the client waits for the handler to read the body", async () => {
    const { server } = await start(
      (made) => {
        made.handle({
          method: PacketronRequestMethod.POST,
          routePath: "hang",
          handlerTimeout: TIMEOUT,
          handler: () => NEVER,
        });
      },
      { dispatch, lingerTimeout: 50 },
    );
    const heads = [
      `Content-Length: 9000000\r\n\r\n${"x".repeat(300_000)}`,
      "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n",
    ];
    const statuses = await Promise.all(
      heads.map(async (head) => {
        const client = await RawClient.connect({ port: server.port });
        onTestFinished(() => client.destroy());
        const [answer] = await client.send(`POST /hang HTTP/1.1\r\nHost: x\r\n${head}`).responses(1);
        return answer?.status;
      }),
    );
    expect(statuses).toEqual([503, 503]);
  });

  test("cuts an answer that has begun, and aborts the signal with the same reason", async () => {
    const reasons: unknown[] = [];
    const { client } = await start(
      (server) => {
        server.handle({
          routePath: "stream",
          handlerTimeout: TIMEOUT,
          handler: async ({ signal }, response) => {
            response.write("half");
            await once(signal, "abort");
            reasons.push(signal.reason);
            response.end("rest");
          },
        });
      },
      { dispatch },
    );
    await client.send(get("/stream")).until(({ closed }) => closed);
    expect(client.received.toString()).toMatch(/half\r\n$/);
    expect(reasons).toMatchObject([{ code: "PKT_HANDLER_TIMEOUT" }]);
  });

  test("gives a signal that is read later the reason, too, and ignores the late answer without a line", async () => {
    const { opened, open } = makeSignal();
    const reasons: unknown[] = [];
    const { client, lines } = await start(
      (server) => {
        server.handle({
          routePath: "late",
          handlerTimeout: TIMEOUT,
          handler: async (request, response) => {
            await opened;
            reasons.push(request.signal.aborted, request.signal.reason);
            response.sendJson({ late: true });
          },
        });
      },
      { dispatch },
    );
    await client.send(get("/late")).responses(1);
    open();
    await vi.waitFor(() => expect(reasons).toHaveLength(2));
    expect(reasons).toMatchObject([true, { code: "PKT_HANDLER_TIMEOUT" }]);
    expect(await client.responses(1)).toHaveLength(1);
    expect(lines.map(({ level }) => level)).toEqual(["warn"]);
  });

  test("a handler that fails afterwards does not stop the process, and its abort is no error", async () => {
    const failed: unknown[] = [];
    const { client, server, lines } = await start(
      (made) => {
        made.on("error", (error) => failed.push(error));
        made.handle({
          routePath: "abort/:how",
          handlerTimeout: TIMEOUT,
          handler: async ({ signal, params }) => {
            if (params.how === "reason") await once(signal, "abort").then(() => signal.throwIfAborted());
            if (params.how === "wait") await wait(10_000, undefined, { signal });
            await once(signal, "abort");
            throw new Error("the database is away");
          },
        });
        made.handle({ routePath: "ok", handler: (_request, response) => response.send("ok") });
      },
      { dispatch, flags: PacketronServerFlags.STOP_ON_ERROR },
    );
    const paths = ["/abort/reason", "/abort/wait", "/abort/other"];
    for (const [index, path] of paths.entries()) await client.send(get(path)).responses(index + 1);
    await vi.waitFor(() => expect(failed).toMatchObject([{ message: "the database is away" }]));
    const answers = await client.send(get("/ok")).responses(4);
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 200]);
    expect(server.drainSignal.aborted).toBe(false);
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("of the server holds for handle(), and a group or a route may change it or turn it off", async () => {
    const { server, client } = await start(
      (made) => {
        const { SEND_RETURN_VALUE: flags } = PacketronHandlerFlags;
        const slow = () => wait(3 * TIMEOUT, "slow");
        made.handle({ routePath: "server", flags, handler: slow });
        made.handle({ routePath: "false", flags, handlerTimeout: false, handler: slow });
        const group = made.group({ prefix: "group", flags, handlerTimeout: 0 });
        group.handle({ routePath: "off", handler: slow });
        group.handle({ routePath: "null", handlerTimeout: null, handler: slow });
        group.handle({ routePath: "own", handlerTimeout: TIMEOUT, handler: slow });
      },
      { dispatch, handlerTimeout: TIMEOUT },
    );
    const paths = ["/server", "/false", "/group/off", "/group/null", "/group/own"];
    const answers = await client.send(paths.map(get).join("")).responses(paths.length);
    expect(answers.map(({ status }) => status)).toEqual([503, 200, 200, 503, 503]);
    const file = server.answerTarget.createRoute({ routePath: "file", handler: () => NEVER });
    expect(file.run.name).toBe("handler"); // as it is given: a route of a capability has no limit
  });

  test("leaves answers in time as they are, with one timer for all requests", async () => {
    const intervals = vi.spyOn(globalThis, "setInterval");
    const states: unknown[] = [];
    const { client } = await start(
      (server) => {
        const handler = (request: PacketronRequest, response: PacketronResponse) => {
          response.sendJson({});
          states.push(response.state, response.eventNames(), request.eventNames());
        };
        server.handle({ routePath: "plain", handler });
        server.handle({ routePath: "now", handlerTimeout: 5_000, handler });
        server.handle({
          routePath: "later",
          handlerTimeout: 5_000,
          handler: async (request, response) => {
            await wait(1);
            handler(request, response);
          },
        });
      },
      { dispatch },
    );
    const ours = () => intervals.mock.calls.filter(([, ms]) => ms === 250).length;
    const ask = async (...paths: string[]) => {
      client.received = Buffer.alloc(0);
      await client.send(paths.map((path) => get(path)).join("")).responses(paths.length);
      return states.splice(0);
    };
    const plain = await ask("/plain");
    expect(plain[0]).toBe(dispatch === "direct" ? ExchangeState.FLUSHED : ExchangeState.NODE);
    expect(await ask("/now")).toEqual(plain);
    expect(ours()).toBe(0);
    const later = await ask("/later");
    expect(later[0] === ExchangeState.NODE).toBe(dispatch === "standard");
    expect(ours()).toBe(1);
    await ask("/later", "/later", "/later");
    // On a busy machine the first timer has stopped meanwhile, since it found no request to wait for.
    expect(ours()).toBeLessThanOrEqual(2);
  });
});

test("a socket that was handed over to another protocol has no time limit, its gates before have one", async () => {
  const signals: AbortSignal[] = [];
  const upgrader: Capability = {
    name: "upgrader",
    install(host) {
      const take: Take = ({ signal }, socket) => {
        signals.push(signal);
        socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
      };
      const options = { protocol: "echo", handlerTimeout: TIMEOUT };
      host.upgrade({ ...options, routePath: "taken" }, take);
      host.gate(GateOrder.EARLY, () => NEVER, host.upgrade({ ...options, routePath: "stuck" }, take));
    },
  };
  const { client, server, lines } = await start(() => undefined, { capabilities: [upgrader] });
  const ask = (path: string) =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n`;
  client.send(ask("/taken"));
  await vi.waitFor(() => expect(signals).toHaveLength(1));
  const other = await RawClient.connect({ port: server.port });
  onTestFinished(() => other.destroy());
  expect((await other.send(ask("/stuck")).responses(1)).map(({ status }) => status)).toEqual([503]);
  await wait(TIMEOUT); // more than the first one had left
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  expect(lines.map(({ message }) => message)).toEqual([expect.stringContaining("/stuck had not answered")]);
  expect(client.received.toString()).not.toContain("503");
});

test("a request that times out does not run code in the async context of another one", async () => {
  const store = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const { client } = await start((server) => {
    server.onError(() => void seen.push(store.getStore()));
    server.handle({
      routePath: "hang/:id",
      handlerTimeout: TIMEOUT,
      handler: ({ params }) => store.run(params.id, () => NEVER),
    });
    server.answerTarget.addAround(0, (request, _response, next) => store.run(request.path, next));
  }, {});
  await client.send(get("/hang/1") + get("/hang/2")).responses(2);
  expect(seen).toEqual([undefined, undefined]);
});

test("a shorter timeout that is registered while requests wait is kept", async () => {
  const { server, client } = await start(
    (made) => void made.handle({ routePath: "long", handlerTimeout: 60_000, handler: () => NEVER }),
    {},
  );
  client.send(get("/long"));
  await vi.waitFor(() => expect(server.load.inFlight).toBe(1));
  server.handle({ routePath: "short", handlerTimeout: TIMEOUT, handler: () => NEVER });
  const other = await RawClient.connect({ port: server.port });
  onTestFinished(() => other.destroy());
  const [answer] = await other.send(get("/short")).responses(1);
  expect(answer?.status).toBe(503);
  expect(client.received.length).toBe(0);
});
