import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { RawClient } from "../_raw.ts";
import { COUNT_BODY, count, text } from "../message/_parsers.ts";
import { type BodyServer, chunked, requestBytes, startBodies } from "./_bodies.ts";

const { PLAIN_TEXT_BODY } = PacketronHandlerFlags;

const CAP = 2_000;

const noise = randomBytes;

/** The errors that the reader of a raw stream got. */
const streamErrors: unknown[] = [];

let server: BodyServer;
beforeAll(async () => {
  const maxRequestSizeInBytes = CAP;
  server = await startBodies(
    {
      text: { flags: PLAIN_TEXT_BODY, maxRequestSizeInBytes },
      count: { flags: COUNT_BODY, maxRequestSizeInBytes },
      stream: {
        maxRequestSizeInBytes,
        async handler(request, response) {
          let size = 0;
          try {
            for await (const chunk of request) size += chunk.length;
          } catch (error) {
            streamErrors.push(error);
            response.end("too late");
            return;
          }
          response.end(String(size));
        },
      },
      piped: {
        maxRequestSizeInBytes,
        handler(request, response) {
          request.on("error", (error) => streamErrors.push(error));
          request.pipe(response);
        },
      },
      deaf: {
        maxRequestSizeInBytes,
        handler(request) {
          request.on("data", () => {});
        },
      },
    },
    [text, count],
  );
});
afterAll(() => server.stop());

describe("a body that the handler reads as a stream", () => {
  test("a raw stream is counted, and its reader gets the error", async () => {
    for (const chunks of [undefined, [700]]) {
      const framing = chunks === undefined ? {} : { chunks };
      expect((await postRaw("stream", { body: noise(CAP), ...framing })).status).toBe(200);
      expect((await postRaw("stream", { body: noise(CAP + 1), ...framing })).status).toBe(413);
    }
    expect(streamErrors.splice(0)).toEqual([expect.objectContaining({ code: "PKT_BODY_TOO_LARGE" })]);
  });

  test("a raw stream whose answer has begun is cut with it, so that the client sees an incomplete answer", async () => {
    const client = await RawClient.connect({ port: server.port });
    const bytes = requestBytes("piped", { body: noise(CAP + 1), chunks: [700] });
    client.send(bytes.subarray(0, 1000));
    await client.until(({ received }) => received.length > 500);
    await client.send(bytes.subarray(1000)).until(() => false);
    expect(client.received.toString("latin1")).toMatch(/^HTTP\/1.1 200 /);
    expect(client.received.toString("latin1")).not.toMatch(/0\r\n\r\n$/);
    expect(streamErrors.splice(0)).toEqual([expect.objectContaining({ code: "PKT_BODY_TOO_LARGE" })]);
  });

  test("a raw stream without an error listener is refused, too", async () => {
    expect((await postRaw("deaf", { body: noise(CAP + 1), chunks: [700] })).status).toBe(413);
  });
});

describe("a body over the limit, parsed or streamed", () => {
  test.each(["text", "count", "stream"])(
    "/%s: a declared length over the limit is refused before the first byte, and nothing is allocated for it",
    async (path) => {
      const client = await RawClient.connect({ port: server.port });
      const before = process.memoryUsage();
      client.send(requestBytes(path, { headers: { "Content-Length": "999999999" } }));
      const [answer] = await client.responses(1);
      const after = process.memoryUsage();
      expect(answer?.status).toBe(413);
      expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1_000_000);
      client.destroy();
    },
  );

  test.each(["text", "count", "stream"])(
    "/%s: a client that writes everything before it reads gets its 413",
    async (path) => {
      const client = await RawClient.connect({ port: server.port });
      const body = Buffer.alloc(7_500_000, "x");
      const head = requestBytes(path, { chunks: [] }).subarray(0, -5);
      client.socket.pause();
      client.send(Buffer.concat([head, chunked(body, [60_000])]));
      await new Promise<void>((resolve) => client.socket.write("", () => resolve()));
      client.socket.resume();
      const [answer] = await client.responses(1);
      expect(answer?.status).toBe(413);
      client.destroy();
    },
  );
});

describe("Expect: 100-continue", () => {
  const expects = { Expect: "100-continue" };

  test.each(["text", "count", "stream"])(
    "/%s: 100 is sent when the handler asks for the body",
    async (path) => {
      const client = await RawClient.connect({ port: server.port });
      client.send(requestBytes(path, { headers: { ...expects, "Content-Length": "3" } }));
      expect((await client.responses(1)).map(({ status }) => status)).toEqual([100]);
      client.send("abc");
      await client.until(({ received }) => received.includes("HTTP/1.1 200"));
      client.destroy();
    },
  );

  test.each(["text", "count", "stream"])(
    "/%s: a declared length over the limit gets 413 instead",
    async (path) => {
      const client = await RawClient.connect({ port: server.port });
      client.send(requestBytes(path, { headers: { ...expects, "Content-Length": String(CAP + 1) } }));
      expect((await client.untilClose()).map(({ status }) => status)).toEqual([413]);
    },
  );
});

/** Posts to a route whose answer is not a report. */
async function postRaw(
  path: string,
  posting: Parameters<typeof requestBytes>[1],
): Promise<{ readonly status: number }> {
  const client = await RawClient.connect({ port: server.port });
  const [answer] = await client.send(requestBytes(path, posting)).responses(1);
  client.destroy();
  return { status: answer?.status ?? 0 };
}
