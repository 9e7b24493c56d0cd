import zlib from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PacketronHandlerFlags } from "../../src/flags.ts";
import { RawClient } from "../_raw.ts";
import { type BodyServer, post, requestBytes, startBodies } from "./_bodies.ts";
import { COUNT_BODY, count, HEX_BODY, hex, text } from "./_parsers.ts";

const { PLAIN_TEXT_BODY, RAW_BODY } = PacketronHandlerFlags;

describe("the way of the bytes", () => {
  let server: BodyServer;
  beforeAll(async () => {
    server = await startBodies(
      { text: { flags: PLAIN_TEXT_BODY }, hex: { flags: HEX_BODY | RAW_BODY }, count: { flags: COUNT_BODY } },
      [text, hex, count],
    );
  });
  afterAll(() => server.stop());

  test("any body in any chunks, coded or not, gives the same as the whole", async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 5_000 });
    const sizes = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        bytes,
        sizes,
        fc.constantFrom("identity", "gzip", "br"),
        async (body, chunks, coding) => {
          const plain = Buffer.from(body);
          const coded =
            { identity: plain, gzip: zlib.gzipSync(plain), br: zlib.brotliCompressSync(plain) }[coding] ??
            plain;
          const posting = { body: coded, chunks, headers: { "Content-Encoding": coding } };
          expect((await post(server, "hex", posting)).report?.body).toBe(plain.toString("hex"));
          expect((await post(server, "count", posting)).report?.body).toBe(plain.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a character that is split over chunks is whole again", async () => {
    expect((await post(server, "text", { body: "é€😀", chunks: [1] })).report?.body).toBe("é€😀");
  });

  test("requests that are pipelined behind a body are answered in order, on the same connection", async () => {
    const client = await RawClient.connect({ port: server.port });
    const postings = [
      requestBytes("text", { body: "one" }),
      requestBytes("count", { body: "four", chunks: [1] }),
      requestBytes("text", {}),
      requestBytes("text", { body: "six", chunks: [2] }),
      requestBytes("hex", { body: "7" }),
    ];
    const answers = await client.send(Buffer.concat(postings)).responses(5);
    const bodies = answers.map(({ body }) => JSON.parse(body.toString()).body);
    expect(bodies).toEqual(["one", 4, null, "six", "37"]);
    client.destroy();
  });

  test("a connection keeps no listeners of the bodies that came over it", async () => {
    const client = await RawClient.connect({ port: server.port });
    const listeners: number[] = [];
    for (let index = 1; index <= 20; index++) {
      const path = index % 2 === 0 ? "count" : "hex";
      await client.send(requestBytes(path, { body: "x".repeat(100), chunks: [10] })).responses(index);
      const [socket] = [...server.sockets].slice(-1);
      listeners.push(
        socket?.eventNames().reduce((sum, name) => sum + (socket?.listenerCount(name) ?? 0), 0) ?? -1,
      );
    }
    expect(listeners.at(-1)).toBe(listeners[0]);
    client.destroy();
  });
});
