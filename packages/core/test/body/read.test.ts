import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { BodyParser } from "../../src/capability/body-parser.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { RawClient } from "../_raw.ts";
import { COUNT_BODY, count, HEX_BODY, hex, json, text } from "../message/_parsers.ts";
import {
  type BodyRoute,
  type BodyServer,
  gives,
  post,
  type Report,
  report,
  requestBytes,
  startBodies,
} from "./_bodies.ts";

const { JSON_BODY, PLAIN_TEXT_BODY } = PacketronHandlerFlags;

const servers: BodyServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(
  route: BodyRoute,
  parsers: readonly BodyParser[] = [json, text, hex, count],
): Promise<BodyServer> {
  const server = await startBodies({ it: route }, parsers);
  servers.push(server);
  return server;
}

describe("getBody()", () => {
  test("called by a local plugin and again by the handler gives one promise", async () => {
    const seen: unknown[] = [];
    const server = await start({
      flags: JSON_BODY,
      async local(request) {
        seen.push(await request.getBody());
      },
      async handler(request, response) {
        const [first, second] = [request.getBody(), request.getBody()];
        seen.push(first === second, await first, (await first) === seen[0]);
        response.end("null");
      },
    });
    await post(server, "it", { body: '{"a":1}' });
    expect(seen).toEqual([{ a: 1 }, true, { a: 1 }, true]);
  });

  test("works in a global plugin, which runs before the gates of the body", async () => {
    const server = await start({ flags: JSON_BODY, maxRequestSizeInBytes: 10, early: report });
    expect((await post(server, "it", { body: '{"a":1}' })).report).toEqual(gives({ body: { a: 1 } }));
    expect((await post(server, "it", { body: "x".repeat(11) })).status).toBe(413);
    expect((await post(server, "it", { body: "x", headers: { "Content-Encoding": "nope" } })).status).toBe(
      415,
    );
  });

  test("called late, after the buffers are full and the socket is paused, gives everything in order", async () => {
    const body = JSON.stringify(Array.from({ length: 200_000 }, (_, index) => index));
    for (const flags of [PLAIN_TEXT_BODY, COUNT_BODY]) {
      const server = await start({
        flags,
        async local(request) {
          await vi.waitUntil(() => request.readableLength >= request.readableHighWaterMark, 5_000);
          await sleep(20);
        },
      });
      for (const framing of [{}, { chunks: [30_000] }]) {
        const answer = await post(server, "it", { body, ...framing });
        expect(answer.report?.body).toBe(flags === COUNT_BODY ? body.length : body);
      }
    }
  });

  test("called after the whole body has arrived, gives it", async () => {
    for (const flags of [PLAIN_TEXT_BODY, COUNT_BODY]) {
      const server = await start({
        flags,
        local: (request) => vi.waitUntil(() => request.complete, 5_000).then(() => sleep(20)),
      });
      expect((await post(server, "it", { body: "12345" })).report?.body).toBe(
        flags === COUNT_BODY ? 5 : "12345",
      );
    }
  });

  test("called late for a body that exceeds the limit by then, rejects, and the client gets 413", async () => {
    const reports: Report[] = [];
    const server = await start({
      flags: PLAIN_TEXT_BODY,
      maxRequestSizeInBytes: 100,
      async handler(request, response) {
        await vi.waitUntil(() => response.writableEnded, 5_000);
        reports.push(await report(request));
      },
    });
    expect((await post(server, "it", { body: "x".repeat(1000), chunks: [50] })).status).toBe(413);
    await expect.poll(() => reports[0]?.rejected).toBe("PKT_BODY_TOO_LARGE");
  });

  test("called after the client has disconnected, rejects", async () => {
    const reports: Report[] = [];
    const server = await start({
      flags: PLAIN_TEXT_BODY,
      async handler(request) {
        await vi.waitUntil(() => request.socket.destroyed, 5_000);
        reports.push(await report(request));
      },
    });
    const client = await RawClient.connect({ port: server.port });
    client.send(requestBytes("it", { body: "12345" }).subarray(0, -1));
    await expect.poll(() => server.sockets.size).toBe(1);
    client.destroy();
    await expect.poll(() => reports[0]?.rejected).toBe("PKT_BODY_ABORTED");
  });

  test("converts text back into bytes when a plugin has called setEncoding()", async () => {
    const server = await start({
      flags: HEX_BODY,
      async local(request) {
        request.setEncoding("latin1");
        await vi.waitUntil(() => request.complete, 5_000);
      },
    });
    expect((await post(server, "it", { body: Buffer.from([0, 127, 128, 255]) })).report?.body).toBe(
      "007f80ff",
    );
  });

  test.each<[string, BodyRoute["local"]]>([
    ["is being piped", (request) => void request.pipe(new PassThrough())],
    ["flows to a listener", (request) => void request.on("data", () => {})],
    ["has a readable listener", (request) => void request.on("readable", () => {})],
    ["was read to its end", async (request) => void (await request.toArray())],
  ])("rejects a body that %s", async (_, local) => {
    const server = await start({ flags: JSON_BODY, ...(local === undefined ? {} : { local }) });
    expect((await post(server, "it", { body: "{}" })).report?.rejected).toBe("PKT_BODY_CONSUMED");
  });

  test("a parser that throws any value makes an invalid body", async () => {
    for (const thrown of [new RangeError("deep"), "text", null, undefined, Object.create(null)]) {
      const parse = (): never => {
        throw thrown;
      };
      const server = await start({ flags: HEX_BODY }, [{ ...hex, parse }]);
      expect((await post(server, "it", { body: "x" })).report).toEqual(gives({ error: "PKT_BODY_INVALID" }));
    }
  });

  test("the parser's own error is the cause, and a coded error with a client status stays as it is", async () => {
    const errors: (Error | null)[] = [];
    const server = await start({
      flags: JSON_BODY,
      async handler(request, response) {
        errors.push(await request.getBodyError());
        response.end("null");
      },
    });
    await post(server, "it", { body: "{" });
    expect(errors[0]).toMatchObject({
      code: "PKT_BODY_INVALID",
      status: 400,
      cause: expect.any(SyntaxError),
    });
    await post(server, "it", { body: "{}", headers: { "Content-Type": "a/b; charset=nope" } });
    expect(errors[1]).toMatchObject({ code: "PKT_BODY_CHARSET", status: 415 });
    await post(server, "it", { body: "{}" });
    expect(errors[2]).toBeNull();
  });
});
