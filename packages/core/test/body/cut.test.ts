import zlib from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { isPacketronError } from "../../src/errors/errors.ts";
import type { PacketronRequest } from "../../src/message/request.ts";
import { RawClient } from "../_raw.ts";
import { COUNT_BODY, count, HEX_BODY, hex, json } from "../message/_parsers.ts";
import { type BodyServer, type Posting, requestBytes, startBodies } from "./_bodies.ts";

const { JSON_BODY, RAW_BODY, REJECT_INVALID_BODY } = PacketronHandlerFlags;

const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown): void => void unhandled.push(reason);

/** The result of getBody() for each request: the code of its rejection, or "whole". */
const ends: string[] = [];

async function noteEnd(request: PacketronRequest): Promise<void> {
  try {
    await request.getBody();
    ends.push("whole");
  } catch (error) {
    ends.push(isPacketronError(error) ? error.code : String(error));
  }
}

let server: BodyServer;
beforeAll(async () => {
  process.on("unhandledRejection", noteUnhandled);
  const handler = noteEnd;
  server = await startBodies(
    {
      json: { flags: JSON_BODY, handler },
      raw: { flags: RAW_BODY, handler },
      count: { flags: COUNT_BODY, handler },
      strict: {
        flags: JSON_BODY | REJECT_INVALID_BODY,
        early: (request) => void noteEnd(request),
        handler() {},
      },
      forgetful: { flags: JSON_BODY, handler: (request) => void request.getBody() },
      careless: {
        flags: HEX_BODY | RAW_BODY,
        handler(request, response) {
          void request.getBody();
          void request.getRawBody();
          void request.getFiles();
          void request.getBodyError();
          void noteEnd(request);
          response.end("early");
        },
      },
    },
    [json, hex, count],
  );
});
afterAll(async () => {
  await server.stop();
  process.off("unhandledRejection", noteUnhandled);
});
afterEach(() => {
  expect(unhandled.splice(0)).toEqual([]);
  expect(server.reported).toEqual([]);
  expect(server.warnings).toEqual([]);
});

const body = JSON.stringify({ text: "x".repeat(2_048 - 11) });
const coded: Posting = { body: zlib.gzipSync(Buffer.from(body)), headers: { "Content-Encoding": "gzip" } };

/** The distance between tested positions: every byte in the long runs, else some of them. */
const step = process.env["PACKETRON_TEST_FULL"] === undefined ? 4 : 1;

describe.each(["FIN", "RST"])("a body that is cut by %s", (how) => {
  async function cut(bytes: Buffer, end: number): Promise<void> {
    const client = await RawClient.connect({ port: server.port });
    client.socket.write(bytes.subarray(0, end), () => {
      if (how === "RST") client.socket.resetAndDestroy();
      else client.socket.end();
    });
    await client.until(() => false);
  }

  test("at every byte of a 2 KB body settles once, as aborted, and leaves no connection", async () => {
    const bytes = requestBytes("json", { body });
    const head = bytes.length - Buffer.byteLength(body);
    expect(bytes.length - head).toBe(2_048);
    for (let at = head + step - 1; at < bytes.length; at += 64 * step) {
      ends.length = 0;
      await Promise.all(Array.from({ length: 64 }, (_, index) => cut(bytes, at + index * step)));
      await expect.poll(() => ends.length).toBe(64);
      expect(new Set(ends)).toEqual(new Set(["PKT_BODY_ABORTED"]));
      await expect.poll(() => server.sockets.size).toBe(0);
    }
  });

  test.each<[string, string, Posting]>([
    ["in chunks", "json", { body, chunks: [100] }],
    ["coded", "json", coded],
    ["coded and in chunks", "json", { ...coded, chunks: [7] }],
    ["for a stream parser", "count", { body }],
    ["coded, for a stream parser", "count", coded],
    ["on a route that wants only the bytes", "raw", { body }],
    ["with REJECT_INVALID_BODY", "strict", { body }],
    ["without an await, after an answer", "careless", { body }],
  ])("and is read %s settles once, as aborted", async (_, path, posting) => {
    const bytes = requestBytes(path, posting);
    const head = bytes.indexOf("\r\n\r\n") + 4;
    const places = Array.from(
      { length: 25 },
      (_, index) => head + Math.floor((index * (bytes.length - head)) / 25),
    );
    ends.length = 0;
    await Promise.all(places.map((at) => cut(bytes, at)));
    await expect.poll(() => ends.length).toBe(places.length);
    expect(new Set(ends)).toEqual(new Set(["PKT_BODY_ABORTED"]));
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  test("after its last byte is complete", async () => {
    ends.length = 0;
    await cut(requestBytes("json", { body }), Number.POSITIVE_INFINITY);
    await expect.poll(() => ends).toEqual(["whole"]);
  });
});

test("a body whose promise is never awaited is cut without an unhandled rejection", async () => {
  const client = await RawClient.connect({ port: server.port });
  client.send(requestBytes("forgetful", { body }).subarray(0, -1));
  await expect.poll(() => server.sockets.size).toBe(1);
  client.destroy();
  await expect.poll(() => server.sockets.size).toBe(0);
  await new Promise(setImmediate); // afterEach checks for unhandled rejections
});

test("a body that breaks the chunked coding is refused with 400, and its reading is aborted", async () => {
  ends.length = 0;
  const client = await RawClient.connect({ port: server.port });
  client.send(requestBytes("json", { body: "{", chunks: [1] }).subarray(0, -5)).send("zz\r\n");
  expect((await client.untilClose()).map(({ status }) => status)).toEqual([400]);
  client.destroy();
  await expect.poll(() => ends).toEqual(["PKT_BODY_ABORTED"]);
});

test("a slow body is read to its end after an early answer, and the connection stays open", async () => {
  ends.length = 0;
  const client = await RawClient.connect({ port: server.port });
  const bytes = requestBytes("careless", { body });
  await client.send(bytes.subarray(0, -10)).responses(1);
  client.send(bytes.subarray(-10));
  await expect.poll(() => ends).toEqual(["whole"]);
  expect(await client.send(bytes).responses(2)).toHaveLength(2);
  client.destroy();
});
