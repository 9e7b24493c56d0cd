import { once } from "node:events";
import { connect } from "node:net";
import { Readable, type Transform } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import zlib from "node:zlib";
import type { PacketronResponse } from "@packetron/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { begin, codings, startServer } from "./_server.ts";

/** Makes a stream that undoes a content coding. */
function createDecoder(coding: string | undefined): Transform {
  if (coding === "br") return zlib.createBrotliDecompress();
  return coding === "zstd" ? zlib.createZstdDecompress() : zlib.createGunzip();
}

describe.each(["text/event-stream", "application/x-ndjson"])("a stream of %s", (type) => {
  test.each(codings)("shows each write before the next one, %s", async (coding) => {
    const responses: PacketronResponse[] = [];
    const server = await startServer((made) => {
      made.handle({
        routePath: "/",
        handler: (_request, response) => {
          response.setHeader("Content-Type", type).flushHeaders();
          responses.push(response);
        },
      });
    });
    const received = await begin(server, "/", coding);
    expect(received.headers["content-encoding"]).toBe(coding);
    const decoder = received.pipe(createDecoder(coding));
    const [response] = responses;
    for (const text of ["first\n\n", "second\n\n", `${"long ".repeat(2_000)}\n\n`]) {
      response?.write(text);
      let seen = "";
      while (seen.length < text.length) {
        const [chunk] = await once(decoder, "data");
        seen += String(chunk);
      }
      expect(seen).toBe(text);
    }
    response?.end();
    await once(decoder, "end");
  });
});

test("a stream waits for a client that does not read", async () => {
  const MOST = 4_000;
  // The random part fits in the window, so 64 KiB become 8.
  const chunk = Buffer.concat(
    Array(8).fill(Buffer.from(Array.from({ length: 8_192 }, () => Math.random() * 256))),
  );
  let written = 0;
  const server = await startServer((made) => {
    made.handle({
      routePath: "/",
      compress: { encodings: ["gzip"], gzipLevel: 1 },
      handler: (_request, response) => {
        response.setHeader("Content-Type", "text/plain");
        Readable.from(
          (function* () {
            for (; written < MOST; written++) yield chunk;
          })(),
        ).pipe(response);
      },
    });
  });
  const client = connect({ host: "127.0.0.1", port: server.port });
  onTestFinished(() => void client.destroy());
  client.pause().write("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
  // The system takes a few megabytes. From then on nothing may be written.
  await vi.waitFor(
    async () => {
      const before = written;
      await wait(200);
      expect([before > 0, written]).toEqual([true, before]);
    },
    { timeout: 15_000 },
  );
  expect(written).toBeLessThan(MOST);
});
