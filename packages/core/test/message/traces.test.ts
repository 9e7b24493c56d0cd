import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Capability } from "../../src/capability/contract.ts";
import { PacketronRequestMethod } from "../../src/index.ts";
import { ExchangeState } from "../../src/message/exchange.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import { ask } from "../_raw.ts";
import { send, startServer } from "../_server.ts";

const dispatches = ["direct", "standard"] as const;
type Event = "start" | "end" | "asyncStart" | "asyncEnd" | "error";
const events: readonly Event[] = ["start", "end", "asyncStart", "asyncEnd", "error"];

/** Records what the channels publish, as `"handler start /a"`, until the end of the test. */
function record(...kinds: readonly ("request" | "handler" | "body")[]): string[] {
  const seen: string[] = [];
  for (const kind of kinds) {
    const channels = tracingChannel(`packetron:${kind}`);
    for (const event of events) {
      const listen = (context: unknown): void =>
        void seen.push(`${kind} ${event} ${describeContext(context, event)}`);
      channels[event].subscribe(listen);
      onTestFinished(() => void channels[event].unsubscribe(listen));
    }
  }
  return seen;
}

function describeContext(context: unknown, event: Event): string {
  const { request, exchange, error } = Object(context);
  // An answer may be written, and so the exchange over, before `end`.
  const status = exchange === undefined || event === "end" ? "" : ` ${exchange.status}`;
  return `${request.url}${status}${error === undefined ? "" : ` ${error.code ?? error.message}`}`;
}

const TEXT_BODY = 1 << 20;
const textBody: Capability = {
  name: "text-body",
  install: (host) =>
    host.bodyParser({
      flag: TEXT_BODY,
      name: "TEXT_BODY",
      mediaTypes: ["text/*"],
      form: "text",
      parse(text) {
        if (text === "bad") throw new Error("bad");
        return text;
      },
    }),
};

function setUp(server: Packetron): void {
  server.handle({ routePath: "sync", handler: (_request, response) => response.sendOk() });
  server.handle({
    routePath: "async",
    handler: async (_request, response) => {
      await pause(1);
      response.sendOk();
    },
  });
  server.handle({
    routePath: "throws",
    handler: () => {
      throw new Error("thrown");
    },
  });
  server.handle({ routePath: "rejects", handler: async () => Promise.reject(new Error("rejected")) });
  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: "body",
    flags: TEXT_BODY,
    handler: async (request, response) => response.send(await request.getBody()),
  });
}

describe.each(dispatches)("tracing channels, %s dispatch:", (dispatch) => {
  const options = { dispatch, capabilities: [textBody] };

  test.each([
    [
      "a handler that answers at once",
      "GET /sync",
      ["request start /sync", "handler start /sync", "handler end /sync", "request end /sync"],
      ["request asyncStart /sync 200", "request asyncEnd /sync 200"],
    ],
    [
      "a handler that returns a promise",
      "GET /async",
      ["request start /async", "handler start /async", "handler end /async", "request end /async"],
      [
        "handler asyncStart /async",
        "handler asyncEnd /async",
        "request asyncStart /async 200",
        "request asyncEnd /async 200",
      ],
    ],
    [
      "a handler that throws",
      "GET /throws",
      [
        "request start /throws",
        "handler start /throws",
        "handler error /throws thrown",
        "handler end /throws thrown",
        "request error /throws thrown",
        "request end /throws thrown",
      ],
      ["request asyncStart /throws 500 thrown", "request asyncEnd /throws 500 thrown"],
    ],
    [
      "a handler that rejects",
      "GET /rejects",
      ["request start /rejects", "handler start /rejects", "handler end /rejects", "request end /rejects"],
      [
        "handler error /rejects rejected",
        "handler asyncStart /rejects rejected",
        "handler asyncEnd /rejects rejected",
        "request error /rejects rejected",
        "request asyncStart /rejects 500 rejected",
        "request asyncEnd /rejects 500 rejected",
      ],
    ],
    [
      "a path without a route",
      "GET /none",
      ["request start /none", "request end /none"],
      ["request asyncStart /none 404", "request asyncEnd /none 404"],
    ],
  ])("%s", async (_title, target, first, later) => {
    const { server } = await startServer(setUp, options);
    const seen = record("request", "handler", "body");
    await send(server, target);
    await expect.poll(() => seen).toHaveLength(first.length + later.length);
    // Node reports that an answer is written while its handler runs, or later.
    expect(seen.filter((line) => first.includes(line))).toEqual(first);
    expect(seen.filter((line) => later.includes(line)).toSorted()).toEqual(later.toSorted());
    expect(seen.at(-1)).toMatch(/^(?:request|handler) asyncEnd/);
  });

  test.each([
    ["a body", "good", ["body asyncStart /body", "body asyncEnd /body"]],
    [
      "a body that is not valid",
      "bad",
      [
        "body error /body PKT_BODY_INVALID",
        "body asyncStart /body PKT_BODY_INVALID",
        "body asyncEnd /body PKT_BODY_INVALID",
      ],
    ],
  ])("%s", async (_title, body, later) => {
    const { server } = await startServer(setUp, options);
    const seen = record("body");
    const head = `POST /body HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`;
    await ask({ port: server.port, tls: false }, head + body);
    expect(seen).toEqual(["body start /body", "body end /body", ...later]);
  });

  test("each handler, however late, and its body run in the store of its own request", async () => {
    const storage = new AsyncLocalStorage<string>();
    const channels = tracingChannel("packetron:request");
    channels.start.bindStore(storage, (context) => String(Object(context).request.url));
    onTestFinished(() => void channels.start.unbindStore(storage));
    const wrong: unknown[] = [];
    let checked = 0;
    const check = (url: string | undefined): void => {
      checked++;
      if (storage.getStore() !== url) wrong.push([url, storage.getStore()]);
    };
    const { server } = await startServer((made) => {
      made.handle({
        routePath: "at-once/:id",
        handler: (request, response) => {
          check(request.url);
          response.sendTextPlain(String(storage.getStore()));
          setImmediate(() => check(request.url));
        },
      });
      made.handle({
        routePath: "later/:id",
        handler: async (request, response) => {
          await pause(Number.parseInt(request.params.id, 10) % 3);
          check(request.url);
          response.sendTextPlain(String(storage.getStore()));
        },
      });
    }, options);
    const connections = Array.from({ length: 20 }, async (_, connection) => {
      const targets = Array.from(
        { length: 25 },
        (_each, index) => `/${index % 3 ? "at-once" : "later"}/${connection}-${index}`,
      );
      const heads = targets.map((target, index) => {
        const close = index === targets.length - 1 ? "Connection: close\r\n" : "";
        return `GET ${target} HTTP/1.1\r\nHost: a\r\n${close}\r\n`;
      });
      const answered = await askAll(server, heads.join("")); // all in one write: pipelined
      expect(answered).toEqual(targets);
    });
    await Promise.all(connections);
    expect(checked).toBeGreaterThan(500);
    expect(wrong).toEqual([]);
    expect(storage.getStore()).toBeUndefined();
  });
});

/** The bodies of pipelined answers. */
async function askAll(server: Packetron, bytes: string): Promise<string[]> {
  const { connect } = await import("node:net");
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1");
    let text = "";
    socket.setEncoding("latin1").on("data", (part: string) => {
      text += part;
    });
    socket.on("error", reject);
    socket.on("end", () => {
      socket.end();
      resolve(
        text
          .split("HTTP/1.1 200 OK")
          .slice(1)
          .map((answer) => answer.slice(answer.indexOf("\r\n\r\n") + 4)),
      );
    });
    socket.write(bytes);
  });
}

test("subscribers keep exchanges direct, and without them nothing is created", async () => {
  const states: number[] = [];
  const traces: unknown[] = [];
  const watch: Capability = {
    name: "watch",
    install: (host) =>
      void host.answering((_request, response) => {
        traces.push(response.trace);
        process.nextTick(() => states.push(response.state));
      }),
  };
  const { server } = await startServer(setUp, { dispatch: "direct", capabilities: [textBody, watch] });
  const keepAlive =
    "GET /sync HTTP/1.1\r\nHost: a\r\n\r\nGET /sync HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  await ask({ port: server.port, tls: false }, keepAlive);
  expect(server.answerTarget.settlement.isUsed).toBe(false);
  record("request", "handler", "body");
  await ask({ port: server.port, tls: false }, keepAlive);
  expect(states.filter((_, index) => index % 2 === 0)).not.toContain(ExchangeState.NODE);
  expect(traces).toEqual([null, null, expect.any(Object), expect.any(Object)]);
});
