import zlib from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Gate } from "../../src/capability/contract.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import type { Handler } from "../../src/routing/route-options.ts";
import { RawClient } from "../_raw.ts";
import { COUNT_BODY, count, forms, HEX_BODY, hex, text } from "../message/_parsers.ts";
import { type BodyServer, post, requestBytes, startBodies } from "./_bodies.ts";

const { FORM_DATA, PLAIN_TEXT_BODY, RAW_BODY } = PacketronHandlerFlags;

describe("the bytes of a body", () => {
  let server: BodyServer;
  beforeAll(async () => {
    server = await startBodies(
      {
        text: { flags: PLAIN_TEXT_BODY },
        hex: { flags: HEX_BODY | RAW_BODY },
        count: { flags: COUNT_BODY },
        form: { flags: FORM_DATA },
        early: { maxRequestSizeInBytes: 1_000, handler: (_, response) => response.end("early") },
      },
      [text, hex, count, ...forms],
    );
  });
  afterAll(() => server.stop());

  test("any body in any chunks, coded or not, gives the same result as in one piece", async () => {
    // The counting parser refuses bodies that begin with "!".
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 5_000 }).filter(([first]) => first !== 0x21);
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

  test("a character that is split over chunks is decoded correctly", async () => {
    expect((await post(server, "text", { body: "é€😀", chunks: [1] })).report?.body).toBe("é€😀");
  });

  test("requests that are pipelined after a body are answered in order, on the same connection", async () => {
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

  test("a request that is pipelined after an unread body is answered once", async () => {
    const client = await RawClient.connect({ port: server.port });
    const unread = requestBytes("form", { body: "x".repeat(100_000), headers: { "Content-Type": "a/b" } });
    const bytes = [unread, requestBytes("text", { body: "2" }), unread, requestBytes("text", { body: "4" })];
    const answers = await client.send(Buffer.concat(bytes)).responses(4);
    expect(answers.map((answer) => JSON.parse(answer.body.toString()))).toMatchObject([
      { body: null, error: "PKT_BODY_TYPE" },
      { body: "2" },
      { body: null, error: "PKT_BODY_TYPE" },
      { body: "4" },
    ]);
    client.destroy();
  });

  test("a body that arrives after its answer is discarded within the linger limits, not its size limit", async () => {
    const client = await RawClient.connect({ port: server.port });
    const bytes = requestBytes("early", { body: "x".repeat(100_000), chunks: [1_000] });
    await client.send(bytes.subarray(0, 200)).responses(1);
    const answers = await client
      .send(Buffer.concat([bytes.subarray(200), requestBytes("text", { body: "2" })]))
      .responses(2);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    client.destroy();
  });

  test("a body that outlasts its answer by more than lingering allows closes the connection", async () => {
    const handler: Handler = (_, response) => void response.end("early");
    const small = await startBodies({ early: { maxRequestSizeInBytes: 1_000, handler } }, [], {
      lingerBytes: 10_000,
    });
    const client = await RawClient.connect({ port: small.port });
    const bytes = requestBytes("early", { body: "x".repeat(100_000), chunks: [1_000] });
    await client.send(bytes.subarray(0, 200)).responses(1);
    expect(await client.send(bytes.subarray(200, -5)).untilClose()).toHaveLength(1);
    await small.stop();
  });

  test("a request whose body was collected ends and closes once, as any other that was read", async () => {
    const events: string[] = [];
    const local: Gate = (request) => {
      for (const name of ["end", "close", "error", "aborted"]) request.on(name, () => events.push(name));
    };
    const other = await startBodies({ text: { flags: PLAIN_TEXT_BODY, local } }, [text]);
    await post(other, "text", { body: "x" });
    expect(events).toEqual(["end", "close"]);
    await other.stop();
  });

  test("a connection keeps no listeners of the bodies that it has received", async () => {
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
