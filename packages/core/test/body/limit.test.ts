import { randomBytes } from "node:crypto";
import zlib from "node:zlib";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { isPacketronError } from "../../src/errors/errors.ts";
import { problem } from "../_problem.ts";
import { RawClient } from "../_raw.ts";
import { COUNT_BODY, count, HEX_BODY, hex, text } from "../message/_parsers.ts";
import { type BodyServer, gives, type Posting, post, requestBytes, startBodies } from "./_bodies.ts";

const { PLAIN_TEXT_BODY, RAW_BODY } = PacketronHandlerFlags;

const CAP = 2_000;

let server: BodyServer;
beforeAll(async () => {
  const maxRequestSizeInBytes = CAP;
  server = await startBodies(
    {
      text: { flags: PLAIN_TEXT_BODY, maxRequestSizeInBytes },
      hex: { flags: HEX_BODY, maxRequestSizeInBytes },
      count: { flags: COUNT_BODY, maxRequestSizeInBytes },
      both: { flags: PLAIN_TEXT_BODY | COUNT_BODY },
      "both-capped": { flags: PLAIN_TEXT_BODY | COUNT_BODY, maxRequestSizeInBytes },
      raw: { flags: RAW_BODY },
      default: { flags: PLAIN_TEXT_BODY },
      "default-count": { flags: COUNT_BODY },
      unlimited: { flags: PLAIN_TEXT_BODY, maxRequestSizeInBytes: null },
      zero: { flags: PLAIN_TEXT_BODY, maxRequestSizeInBytes: 0 },
      late: {
        flags: PLAIN_TEXT_BODY,
        local: (request) => vi.waitUntil(() => request.complete, 5_000).then(() => false),
      },
      begun: {
        flags: PLAIN_TEXT_BODY,
        maxRequestSizeInBytes,
        async handler(request, response) {
          response.flushHeaders();
          const error: unknown = await request.getBody().catch((reason: unknown) => reason);
          await vi.waitUntil(() => request.readableLength > 0, 5_000);
          response.end(isPacketronError(error) ? error.code : "no error");
        },
      },
    },
    [text, hex, count],
    { defaultBodyLimit: CAP },
  );
});
afterAll(() => server.stop());

const gzip = { "Content-Encoding": "gzip" };
const counted = { "Content-Type": "application/x-count" };
const plain = { "Content-Type": "text/plain" };

/** Random bytes, whose compressed form is larger. The first is not "!", which the counting parser refuses. */
const noise = (size: number): Buffer => Buffer.concat([Buffer.from("."), randomBytes(size - 1)]);

describe("the size limit of a body", () => {
  describe.each(["text", "hex", "count", "raw", "default", "both-capped"])("/%s", (path) => {
    const headers = path === "both-capped" ? plain : {};
    const shapes: [string, (body: Buffer) => Parameters<typeof post>[2]][] = [
      ["with a Content-Length", (body) => ({ body, headers })],
      ["in chunks", (body) => ({ body, headers, chunks: [700] })],
      ["in one chunk", (body) => ({ body, headers, chunks: [CAP + 1] })],
      ["compressed", (body) => ({ body: zlib.gzipSync(body), headers: { ...headers, ...gzip } })],
      [
        "compressed and in chunks",
        (body) => ({ body: zlib.gzipSync(body), headers: { ...headers, ...gzip }, chunks: [100] }),
      ],
      [
        "compressed twice",
        (body) => ({
          body: zlib.brotliCompressSync(zlib.gzipSync(body)),
          headers: { ...headers, "Content-Encoding": "gzip, br" },
        }),
      ],
    ];
    test.each(shapes)(
      "%s: one byte less passes, exactly the limit passes, one byte more is 413",
      async (_, shape) => {
        for (const make of [noise, (size: number) => Buffer.alloc(size, "a")]) {
          expect((await post(server, path, shape(make(CAP - 1)))).status).toBe(200);
          expect((await post(server, path, shape(make(CAP)))).status).toBe(200);
          const refused = await post(server, path, shape(make(CAP + 1)));
          expect(refused.status).toBe(413);
          expect(String(refused.body)).toBe(problem(413, { limit: CAP }));
        }
      },
    );
  });

  test("the server's default does not apply to stream parsers, also beside other parsers", async () => {
    const body = noise(10 * CAP);
    expect((await post(server, "default-count", { body })).report).toEqual(
      gives({ body: body.length, files: expect.anything() }),
    );
    expect((await post(server, "both", { body, headers: counted })).report?.body).toBe(body.length);
    expect((await post(server, "both", { body, headers: plain })).status).toBe(413);
  });

  test("null means no limit, and 0 accepts only an empty body", async () => {
    const body = "x".repeat(10 * CAP);
    expect((await post(server, "unlimited", { body })).report?.body).toBe(body);
    expect((await post(server, "zero", {})).status).toBe(200);
    expect((await post(server, "zero", { body: "x" })).status).toBe(413);
    expect((await post(server, "zero", { body: "x", chunks: [1] })).status).toBe(413);
  });

  test("a large declared length within the limit allocates nothing, and a cut connection settles the body", async () => {
    const client = await RawClient.connect({ port: server.port });
    const before = process.memoryUsage().arrayBuffers;
    const count = server.reports.length;
    client.send(requestBytes("unlimited", { headers: { "Content-Length": "999999999" } }));
    await expect.poll(() => server.sockets.size).toBeGreaterThan(0);
    client.send("a few bytes");
    await expect.poll(() => process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    client.destroy();
    await expect.poll(() => server.reports.length).toBe(count + 1);
    expect(server.reports.at(-1)?.rejected).toBe("PKT_BODY_ABORTED");
  });

  test.each<[string, Posting]>([
    ["as it is", { body: "x".repeat(CAP + 1), chunks: [500] }],
    ["compressed", { body: zlib.gzipSync("x".repeat(CAP + 1)), headers: gzip }],
  ])(
    "%s: what the handler sends after the refusal is ignored, the reading rejects, nothing is logged",
    async (_, posting) => {
      for (const path of ["text", "count"]) {
        server.reports.length = 0;
        const answer = await post(server, path, posting);
        expect(answer.status).toBe(413);
        expect(String(answer.body)).toBe(problem(413, { limit: CAP }));
        await expect.poll(() => server.reports).toHaveLength(1);
        expect(server.reports[0]).toMatchObject({
          body: null,
          error: "PKT_BODY_TOO_LARGE",
          rejected: "PKT_BODY_TOO_LARGE",
        });
      }
      expect(server.reported).toEqual([]);
      expect(server.warnings).toEqual([]);
    },
  );

  test("bytes that arrived before getBody() count, too", async () => {
    expect((await post(server, "late", { body: noise(CAP), chunks: [700] })).status).toBe(200);
    expect((await post(server, "late", { body: noise(CAP + 1), chunks: [700] })).status).toBe(413);
  });

  test("a parsed body that exceeds the limit after the answer has begun rejects, and its rest is discarded later", async () => {
    const client = await RawClient.connect({ port: server.port });
    const body = noise(50 * CAP);
    client.send(requestBytes("begun", { body, chunks: [700] })).send(requestBytes("text", { body: "next" }));
    const answers = await client.responses(2);
    expect(answers.map((answer) => answer.body.toString().slice(0, 18))).toEqual([
      "PKT_BODY_TOO_LARGE",
      '{"body":"next","fi',
    ]);
    client.destroy();
  });
});

test("the error of a body that is too large names the limit and the option that raises it", async () => {
  const errors: unknown[] = [];
  const other = await startBodies(
    {
      text: {
        flags: PLAIN_TEXT_BODY,
        maxRequestSizeInBytes: 3,
        async handler(request) {
          await request.getBody().catch((error: unknown) => errors.push(error));
        },
      },
    },
    [text],
  );
  expect((await post(other, "text", { body: "four", chunks: [4] })).status).toBe(413);
  await expect.poll(() => errors.length).toBe(1);
  expect(isPacketronError(errors[0]) && errors[0].message).toMatch(
    /larger than 3 bytes.*maxRequestSizeInBytes/,
  );
  await other.stop();
});
