import zlib from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { field } from "../_raw.ts";
import { COUNT_BODY, count, text } from "../message/_parsers.ts";
import { type BodyServer, gives, post, startBodies } from "./_bodies.ts";

const { PLAIN_TEXT_BODY, RAW_BODY } = PacketronHandlerFlags;

let server: BodyServer;
beforeAll(async () => {
  server = await startBodies(
    { text: { flags: PLAIN_TEXT_BODY }, count: { flags: COUNT_BODY }, raw: { flags: RAW_BODY }, none: {} },
    [text, count],
  );
});
afterAll(() => server.stop());

const gzip = { "Content-Encoding": "gzip" };

describe("content codings", () => {
  const body = JSON.stringify({ text: "some text, ".repeat(100) });
  const codings: [string, Buffer][] = [
    ["gzip", zlib.gzipSync(body)],
    ["x-gzip", zlib.gzipSync(body)],
    ["GZIP", zlib.gzipSync(body)],
    ["deflate", zlib.deflateSync(body)],
    ["deflate", zlib.deflateRawSync(body)],
    ["br", zlib.brotliCompressSync(body)],
    ["identity", Buffer.from(body)],
    ["deflate, gzip", zlib.gzipSync(zlib.deflateSync(body))],
  ];
  if (zlib.zstdCompressSync !== undefined) codings.push(["zstd", zlib.zstdCompressSync(body)]);

  test.each(codings)(
    "%s is decoded for every form of parser, whole and byte by byte",
    async (coding, coded) => {
      const headers = { "Content-Encoding": coding };
      for (const framing of [{}, { chunks: [1] }]) {
        expect((await post(server, "text", { body: coded, headers, ...framing })).report?.body).toBe(body);
        expect((await post(server, "count", { body: coded, headers, ...framing })).report?.body).toBe(
          body.length,
        );
        expect((await post(server, "raw", { body: coded, headers, ...framing })).report?.raw).toBe(body);
      }
    },
  );

  test.each(["compress", "gzip, nope", "gzip, gzip, gzip"])(
    "%j is unknown: 415, and Accept-Encoding lists the known codings",
    async (coding) => {
      const answer = await post(server, "text", { body: "x", headers: { "Content-Encoding": coding } });
      expect(answer.status).toBe(415);
      expect(field(answer, "Accept-Encoding")).toMatch(/^gzip, deflate, br/);
    },
  );

  test("an unknown coding is accepted where the handler reads the stream itself", async () => {
    expect(
      (await post(server, "none", { body: "x", headers: { "Content-Encoding": "aes128gcm" } })).status,
    ).toBe(200);
  });

  test.each([
    ["not coded at all", Buffer.from(body)],
    ["cut", zlib.gzipSync(body).subarray(0, 30)],
    ["damaged", Buffer.concat([zlib.gzipSync(body).subarray(0, -8), Buffer.alloc(8)])],
  ])("data that is %s makes an invalid body", async (_, coded) => {
    for (const path of ["text", "count"]) {
      const { report } = await post(server, path, { body: coded, headers: gzip });
      expect(report).toEqual(gives({ error: "PKT_BODY_INVALID" }));
    }
  });

  test("an empty body with a coding is empty", async () => {
    expect((await post(server, "text", { headers: gzip, chunks: [] })).report).toEqual(gives({}));
    expect((await post(server, "text", { headers: gzip, body: zlib.gzipSync("") })).report).toEqual(
      gives({}),
    );
  });

  test.each(["text", "count"])("/%s: a decompression bomb of 1000:1 stops at the limit", async (path) => {
    const bomb = zlib.gzipSync(Buffer.alloc(200_000_000));
    const other = await startBodies(
      { [path]: { flags: PLAIN_TEXT_BODY | COUNT_BODY, maxRequestSizeInBytes: 1_000_000 } },
      [text, count],
    );
    let peak = 0;
    const before = process.memoryUsage().arrayBuffers;
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    }, 1);
    const type = path === "text" ? "text/plain" : "application/x-count";
    const answer = await post(other, path, { body: bomb, headers: { "Content-Type": type, ...gzip } });
    clearInterval(timer);
    expect(answer.status).toBe(413);
    expect(peak).toBeLessThan(20_000_000);
    await other.stop();
  });
});
