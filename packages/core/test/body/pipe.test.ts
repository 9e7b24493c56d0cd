import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import zlib from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import type { BodyParser, StreamBodyParser } from "../../src/capability/body-parser.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { RawClient } from "../_raw.ts";
import { COUNT_BODY, count, HEX_BODY, hex, json } from "../message/_parsers.ts";
import {
  type BodyRoute,
  type BodyServer,
  gives,
  type Posting,
  post,
  requestBytes,
  startBodies,
} from "./_bodies.ts";

const { JSON_BODY, RAW_BODY, REJECT_INVALID_BODY } = PacketronHandlerFlags;

const servers: BodyServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(route: BodyRoute, parsers: readonly BodyParser[]): Promise<BodyServer> {
  const server = await startBodies({ it: route }, parsers);
  servers.push(server);
  return server;
}

describe("a stream parser", () => {
  const streaming = (open: StreamBodyParser["open"]): StreamBodyParser => ({ ...count, open });

  test("slows the client down to its own pace", async () => {
    let most = 0;
    const slow = streaming(async (stream) => {
      let size = 0;
      for await (const chunk of stream) {
        size += chunk.length;
        most = Math.max(most, chunk.length); // all bytes in the buffer
        await sleep(1);
      }
      return { body: size };
    });
    const server = await start({ flags: COUNT_BODY }, [slow]);
    expect((await post(server, "it", { body: Buffer.alloc(8_000_000) })).report?.body).toBe(8_000_000);
    expect(most).toBeLessThan(500_000);
  });

  test("that is done before the end of the body leaves the connection open", async () => {
    const early = streaming(async (stream) => {
      for await (const chunk of stream.iterator({ destroyOnReturn: false }))
        return { body: String(chunk).slice(0, 3) };
      return { body: null };
    });
    const server = await start({ flags: COUNT_BODY }, [early]);
    const client = await RawClient.connect({ port: server.port });
    const bytes = requestBytes("it", { body: "abc".repeat(100_000) });
    const answers = await client.send(Buffer.concat([bytes, bytes])).responses(2);
    expect(answers.map(({ body }) => JSON.parse(body.toString()).body)).toEqual(["abc", "abc"]);
    client.destroy();
  });

  test.each([{}, { headers: { "Content-Encoding": "gzip" } }])(
    "that fails destroys the stream: the body is invalid, and its rest is not read (%j)",
    async (posting) => {
      const impatient = streaming(async (stream) => {
        stream.destroy();
        throw new Error("not mine");
      });
      const server = await start({ flags: COUNT_BODY }, [impatient]);
      const { headers } = posting;
      const body = headers === undefined ? Buffer.alloc(300_000) : zlib.gzipSync(Buffer.alloc(300_000));
      expect((await post(server, "it", { ...posting, body })).report).toEqual(
        gives({ error: "PKT_BODY_INVALID" }),
      );
    },
  );

  test.each<Posting>([
    { body: "x".repeat(300_000) },
    { body: zlib.gzipSync(randomBytes(300_000)), headers: { "Content-Encoding": "gzip" } },
  ])("that destroys the stream and returns a result has its result used", async (posting) => {
    const content = streaming(async (stream) => {
      stream.destroy();
      await once(stream, "close");
      return { body: "enough", files: { a: 1 }, error: new Error("cut") };
    });
    const server = await start({ flags: COUNT_BODY }, [content]);
    expect((await post(server, "it", posting)).report).toEqual(
      gives({ body: "enough", files: { a: 1 }, error: "Error: cut" }),
    );
  });

  test("that throws synchronously makes an invalid body", async () => {
    const broken = streaming(() => {
      throw new Error("no");
    });
    const server = await start({ flags: COUNT_BODY }, [broken]);
    expect((await post(server, "it", { body: "x" })).report).toEqual(gives({ error: "PKT_BODY_INVALID" }));
  });

  test("that never settles does not prevent the refusal of the body, and gets the reason as an error event", async () => {
    for (const listens of [true, false]) {
      const seen: Error[] = [];
      const deaf = streaming((stream) => {
        stream.resume();
        if (listens) stream.on("error", (error) => seen.push(error));
        return new Promise(() => {});
      });
      const server = await start({ flags: COUNT_BODY, maxRequestSizeInBytes: 100 }, [deaf]);
      expect((await post(server, "it", { body: "x".repeat(200), chunks: [30] })).status).toBe(413);
      await expect.poll(() => server.reports[0]?.rejected).toBe("PKT_BODY_TOO_LARGE");
      expect(seen).toEqual(listens ? [expect.objectContaining({ code: "PKT_BODY_TOO_LARGE" })] : []);
    }
  });
});

describe("AsyncLocalStorage", () => {
  const storage = new AsyncLocalStorage<string>();
  const inside: (string | undefined)[] = [];
  const looking: StreamBodyParser = {
    ...count,
    open: (stream) =>
      new Promise((resolve) => {
        stream.on("data", () => inside.push(storage.getStore()));
        stream.on("end", () => {
          inside.push(storage.getStore());
          resolve({ body: "streamed" });
        });
      }),
  };

  test.each([
    ["text", JSON_BODY],
    ["bytes", HEX_BODY],
    ["stream", COUNT_BODY],
    ["no parser", RAW_BODY],
    ["text, refused when invalid", JSON_BODY | REJECT_INVALID_BODY],
  ])("keeps its context after the body: %s", async (_, flags) => {
    const seen: (string | undefined)[] = [];
    const server = await start(
      {
        flags,
        handler: (request, response) =>
          storage.run(request.url ?? "", async () => {
            await request.getBody();
            seen.push(storage.getStore());
            await request.getRawBody();
            seen.push(storage.getStore());
            await request.getFiles();
            seen.push(storage.getStore());
            response.end("null");
          }),
      },
      [json, hex, looking],
    );
    inside.length = 0;
    const gzip = { body: zlib.gzipSync("[1]"), headers: { "Content-Encoding": "gzip" } };
    for (const posting of [{ body: "[1]" }, { body: "[1]", chunks: [1] }, gzip, { ...gzip, chunks: [1] }]) {
      await post(server, "it", posting);
    }
    expect(seen).toEqual(Array.from({ length: 12 }, () => "/it"));
    expect(new Set(inside)).toEqual(new Set(flags === COUNT_BODY ? ["/it"] : []));
  });
});
