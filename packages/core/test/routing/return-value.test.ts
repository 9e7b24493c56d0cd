import { EventEmitter } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { ExchangeState } from "../../src/message/exchange.ts";
import { isMeantAsAnswer } from "../../src/routing/return-value.ts";
import type { Handler } from "../../src/routing/route-options.ts";
import { Packetron } from "../../src/server/packetron.ts";
import { collectLog, send, startServer } from "../_server.ts";

const { SEND_RETURN_VALUE } = PacketronHandlerFlags;

class Point {
  readonly x = 1;
}

const JSON_TYPE = "application/json; charset=utf-8";
const TEXT_TYPE = "text/plain; charset=utf-8";
const BYTES_TYPE = "application/octet-stream";

describe.each(["direct", "standard"] as const)(
  "a handler with SEND_RETURN_VALUE, dispatch %s",
  (dispatch) => {
    const { logger, lines } = collectLog();
    const server = new Packetron({
      port: 0,
      host: "127.0.0.1",
      maxThreads: 1,
      idleGrace: 0,
      dispatch,
      logger,
    });
    const states: number[] = [];
    let returned: unknown;
    /** Answers long after the value could have been sent. */
    const answerLater = (response: Parameters<Handler>[1]): void =>
      void setImmediate(() => setImmediate(() => response.sendTextPlain("later")));

    beforeAll(async () => {
      const route = (routePath: string, handler: Handler): void =>
        void server.handle({ routePath, flags: SEND_RETURN_VALUE, handler });
      route("sync", (_request, response) => {
        setImmediate(() => states.push(response.state));
        return returned;
      });
      route("async", async () => returned);
      route("not-sent", (_request, response) => {
        answerLater(response);
        return returned;
      });
      route("created", (_request, response) => {
        response.statusCode = 201;
        response.setHeader("Content-Type", "application/vnd.point+json");
        return { x: 1 };
      });
      route("answered", (_request, response) => {
        response.sendTextPlain("answer");
        return { x: 1 };
      });
      route("answered-async", async (_request, response) => {
        response.sendTextPlain("answer");
        return { x: 1 };
      });
      route("streamed", (_request, response) => {
        response.write("a");
        setImmediate(() => response.end("b"));
        return "c";
      });
      route("headed", (_request, response) => {
        response.writeHead(202, { "Content-Length": "1" });
        return "c";
      });
      route("rejected", async () => Promise.reject(new Error("no")));
      route("cyclic", () => {
        const value: Record<string, unknown> = {};
        value["self"] = value;
        return value;
      });
      await server.start();
    });
    afterAll(() => server.stop());

    test.each<[name: string, value: unknown, type: string, body: string]>([
      ["an object", { x: 1 }, JSON_TYPE, '{"x":1}'],
      ["an object without a prototype", Object.assign(Object.create(null), { x: 1 }), JSON_TYPE, '{"x":1}'],
      ["an array", [1, "a"], JSON_TYPE, '[1,"a"]'],
      ["null", null, JSON_TYPE, "null"],
      ["a string", "a", TEXT_TYPE, "a"],
      ["an empty string", "", TEXT_TYPE, ""],
      ["a number", 5, TEXT_TYPE, "5"],
      ["false", false, TEXT_TYPE, "false"],
      ["a Buffer", Buffer.from("a"), BYTES_TYPE, "a"],
      ["a typed array", new Uint8Array([97]), BYTES_TYPE, "a"],
      ["an ArrayBuffer", new Uint8Array([97]).buffer, BYTES_TYPE, "a"],
    ])("sends %s as send() does, returned or resolved", async (_name, value, type, body) => {
      returned = value;
      for (const path of ["sync", "async"]) {
        const answer = await send(server, `GET /${path}`);
        expect([answer.status, answer.header("Content-Type"), answer.text]).toEqual([200, type, body]);
      }
      const head = await send(server, "HEAD /sync");
      expect([head.header("Content-Length"), head.text]).toEqual([String(body.length), ""]);
    });

    test.each<[name: string, value: unknown]>([
      ["undefined", undefined],
      ["a promise of undefined", Promise.resolve()],
      ["a timer", setTimeout(() => {}).unref()],
      ["a stream or another emitter", new EventEmitter()],
      ["an instance of a class", new Point()],
      ["a Map", new Map()],
      ["a function", () => 1],
    ])("does not send %s", async (_name, value) => {
      returned = value;
      expect((await send(server, "GET /not-sent")).text).toBe("later");
    });

    test("keeps the status and the headers that the handler has set", async () => {
      const answer = await send(server, "GET /created");
      expect([answer.status, answer.text]).toEqual([201, '{"x":1}']);
      expect(answer.header("Content-Type")).toBe("application/vnd.point+json");
    });

    test.each([
      ["answered", "answer"],
      ["answered-async", "answer"],
      ["streamed", "ab"],
      ["headed", "c"],
    ])("/%s: an answer of the handler wins, and nothing is sent twice or logged", async (path, text) => {
      expect((await send(server, `GET /${path}`)).text).toBe(text);
      expect(lines.filter(({ level }) => level === "warn")).toEqual([]);
    });

    test.each(["rejected", "cyclic"])("/%s is a 500, like any failure of a handler", async (path) => {
      expect((await send(server, `GET /${path}`)).status).toBe(500);
    });

    test.runIf(dispatch === "direct")("is answered directly", async () => {
      returned = { x: 1 };
      states.length = 0;
      await send(server, "GET /sync", { Connection: "keep-alive" });
      expect(states).toHaveLength(1);
      expect(states).not.toContain(ExchangeState.NODE);
    });
  },
);

test("defaultRouteFlags gives the flag to every route, beside the flags of its own", async () => {
  const { server } = await startServer(
    (made) => {
      made.handle({ routePath: "a", handler: () => "a" });
      made.handle({ routePath: ":b", flags: PacketronHandlerFlags.EXACT_PATH, handler: () => "b" });
    },
    { defaultRouteFlags: SEND_RETURN_VALUE },
  );
  expect((await send(server, "GET /a")).text).toBe("a");
  expect((await send(server, "GET /:b")).text).toBe("b");
  expect(server.routes().map(({ flags }) => flags)).toEqual([
    ["SEND_RETURN_VALUE"],
    ["EXACT_PATH", "SEND_RETURN_VALUE"],
  ]);
});

test.each<[flags: unknown, code: string]>([
  [1 << 20, "PKT_FLAG_UNKNOWN"],
  [PacketronHandlerFlags.JSON_BODY, "PKT_FLAG_UNCLAIMED"],
  ["SEND_RETURN_VALUE", "PKT_OPTION_INVALID"],
])("defaultRouteFlags %j is refused by the constructor with %s", (defaultRouteFlags, code) => {
  const construct = (): unknown => Reflect.construct(Packetron, [{ maxThreads: 1, defaultRouteFlags }]);
  expect(construct).toThrow(expect.objectContaining({ code }));
});

test("objects of another realm are plain, as test runners make them", async () => {
  const { runInNewContext } = await import("node:vm");
  expect(isMeantAsAnswer(runInNewContext("({ x: 1 })"))).toBe(true);
  expect(isMeantAsAnswer(runInNewContext("new (class Point {})()"))).toBe(false);
});
