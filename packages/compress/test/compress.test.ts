import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { type Handler, HttpResponseCode, PacketronRequestMethod } from "@packetron/core";
import { prepareAnswer } from "@packetron/core/capability";
import { capabilityConformance } from "@packetron/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExchangeState } from "../../core/src/message/exchange.ts";
import { codePoint } from "../../core/test/_code-point.ts";
import { compress } from "../src/index.ts";
import { ask, codings, startServer } from "./_server.ts";

const { GET, POST } = PacketronRequestMethod;
const dispatches = ["direct", "standard"] as const;
const TEXT = "A useful thing for the house and garden. ".repeat(50);
const LARGE = TEXT.repeat(100);
const prepared = prepareAnswer({
  status: 200,
  headers: { "Content-Type": "text/css", ETag: '"1"', "Accept-Ranges": "bytes" },
  body: Buffer.from(TEXT),
});

/** One route for each way to answer with the text. */
const handlers: Readonly<Record<string, Handler>> = {
  json: (_request, response) => response.sendJson([TEXT]),
  text: (_request, response) => response.sendTextPlain(TEXT),
  bytes: (_request, response) => {
    response.setHeader("Content-Type", "text/plain");
    response.send(Buffer.from(TEXT));
  },
  large: (_request, response) => response.sendTextPlain(LARGE),
  small: (_request, response) => response.sendTextPlain("small"),
  prepared: (_request, response) => prepared(response),
  later: async (_request, response) => response.sendTextPlain(await Promise.resolve(TEXT)),
  end: (_request, response) => void response.setHeader("Content-Type", "text/plain").end(TEXT),
  head: (_request, response) =>
    void response
      .writeHead(200, { "Content-Type": "text/plain", "Content-Length": String(TEXT.length) })
      .end(TEXT),
  piped: (_request, response) => {
    response.setHeader("Content-Type", "text/plain");
    Readable.from([TEXT.slice(0, 10), TEXT.slice(10)]).pipe(response);
  },
  noise: (_request, response) => {
    response.setHeader("Content-Type", "text/plain");
    response.send(NOISE);
  },
};

/** Bytes that no coding makes smaller. */
const NOISE = randomBytes(1_100);

/** The text that the client of a route gets. */
function textOf(path: string): string {
  if (path === "json") return JSON.stringify([TEXT]);
  return path === "large" ? LARGE : TEXT;
}

const COMPRESSED = Object.keys(handlers).filter((path) => path !== "small" && path !== "noise");

describe("compress() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(compress)) test(name, run);
});

describe("compress() with its option does what every capability does", () => {
  const options = { compress: { threshold: 0 } };
  for (const { name, run } of capabilityConformance(compress, { options })) test(name, run);
});

describe.each(dispatches)("compress, %s dispatch", (dispatch) => {
  const start = () =>
    startServer(
      (server) => {
        for (const [routePath, handler] of Object.entries(handlers)) server.handle({ routePath, handler });
      },
      { dispatch },
    );

  test("compresses each kind of answer with each coding", async () => {
    const server = await start();
    for (const path of COMPRESSED) {
      for (const coding of codings) {
        const answer = await ask(server, `/${path}`, coding);
        expect([path, answer.coding, answer.headers.vary]).toEqual([path, coding, "Accept-Encoding"]);
        expect(answer.text === textOf(path), path).toBe(true);
        expect(answer.bytes.length).toBeLessThan(TEXT.length / 2);
      }
    }
  });

  test("gives the answer as it is to clients that take no coding, with Vary", async () => {
    const server = await start();
    for (const path of [...COMPRESSED, "small"]) {
      for (const accepted of [null, "", "identity", "deflate", "*;q=0"]) {
        const { coding, headers, text } = await ask(server, `/${path}`, accepted);
        expect([path, accepted, coding, headers.vary]).toEqual([
          path,
          accepted,
          undefined,
          "Accept-Encoding",
        ]);
        expect(text === (path === "small" ? "small" : textOf(path)), path).toBe(true);
      }
    }
  });

  test("gives HEAD the headers of GET", async () => {
    const server = await start();
    for (const path of [...COMPRESSED, "small"]) {
      const [get, head] = [await ask(server, `/${path}`), await ask(server, `/${path}`, undefined, "HEAD")];
      for (const { headers } of [get, head]) {
        delete headers.date;
        // Node sends neither with HEAD, when the code of a library writes the answer.
        if (["end", "head", "piped"].includes(path))
          for (const name of ["transfer-encoding", "content-length"]) delete headers[name];
      }
      expect(head.headers, path).toEqual(get.headers);
    }
  });

  test("leaves small bodies and bodies that would grow alone, unless the client refuses them so", async () => {
    const server = await start();
    for (const path of ["/small", "/noise"]) {
      expect((await ask(server, path, "br")).coding, path).toBeUndefined();
      const refused = await ask(server, path, "gzip, identity;q=0");
      expect([refused.coding, refused.text]).toEqual(["gzip", path === "/small" ? "small" : String(NOISE)]);
    }
  });

  test("stays on the direct way, but for streams", async () => {
    const states: number[] = [];
    const server = await startServer(
      (made) => {
        made.handle({
          routePath: "state",
          handler: (_request, response) => {
            response.sendTextPlain(TEXT);
            states.push(response.state);
          },
        });
      },
      { dispatch },
    );
    expect((await ask(server, "/state")).coding).toBe("br");
    expect(states).toEqual([dispatch === "direct" ? ExchangeState.FLUSHED : ExchangeState.NODE]);
  });
});

describe("an answer is left alone", () => {
  const rows: readonly (readonly [title: string, handler: Handler, vary: string | undefined])[] = [
    ["with a Content-Encoding", withHeader("Content-Encoding", "x-own"), undefined],
    ["with no-transform", withHeader("Cache-Control", "public, no-transform, max-age=60"), undefined],
    ["with a Content-Range", withHeader("Content-Range", `bytes 0-9/${TEXT.length}`), undefined],
    ["with a digest of its bytes", withHeader("Content-Digest", "sha-256=:AA==:"), undefined],
    ["of a type that is compressed already", withHeader("Content-Type", "image/png"), undefined],
    ["of an unknown type", (_request, response) => response.send(Buffer.from(TEXT)), undefined],
    ["without a type", (_request, response) => void response.end(TEXT), undefined],
    ["with status 204", (_request, response) => response.sendTextPlain(TEXT, 204), undefined],
    ["with status 206", (_request, response) => response.sendTextPlain(TEXT, 206), undefined],
    ["with status 304", (_request, response) => response.sendTextPlain(TEXT, 304), "Accept-Encoding"],
    ["without a body", (_request, response) => response.sendTextPlain(""), "Accept-Encoding"],
  ];
  test.each(rows)("%s", async (_title, handler, vary) => {
    const server = await startServer((made) => void made.handle({ routePath: "/", handler }));
    for (const method of ["GET", "HEAD"]) {
      const { headers } = await ask(server, "/", "br, gzip", method);
      expect([headers["content-encoding"] ?? "x-own", headers.vary]).toEqual(["x-own", vary]);
    }
  });
});

describe("the head of a compressed answer", () => {
  test("has a weak ETag and no Accept-Ranges", async () => {
    const server = await startServer((made) => {
      made.handle({ routePath: "strong", handler: withHeader("ETag", '"abc"') });
      made.handle({ routePath: "weak", handler: withHeader("ETag", 'W/"abc"') });
      made.handle({ routePath: "prepared", handler: (_request, response) => prepared(response) });
    });
    expect((await ask(server, "/strong")).headers.etag).toBe('W/"abc"');
    expect((await ask(server, "/strong", null)).headers.etag).toBe('"abc"');
    expect((await ask(server, "/weak")).headers.etag).toBe('W/"abc"');
    const { headers } = await ask(server, "/prepared");
    expect([headers.etag, headers["accept-ranges"], headers["content-type"]]).toEqual([
      'W/"1"',
      undefined,
      "text/css",
    ]);
    expect((await ask(server, "/prepared", null)).headers["accept-ranges"]).toBe("bytes");
  });

  test("has the ETag that a 304 repeats", async () => {
    const server = await startServer((made) => {
      made.handle({
        routePath: "/",
        handler: (_request, response) => {
          response.setHeader("ETag", '"abc"');
          response.sendStatusCode(HttpResponseCode.NOT_MODIFIED);
        },
      });
    });
    for (const tag of ['"abc"', 'W/"abc"']) {
      const { headers } = await ask(server, "/", "br", "GET", { "If-None-Match": tag });
      expect([headers.etag, headers.vary]).toEqual([tag, "Accept-Encoding"]);
    }
  });

  test("keeps the Vary that is set", async () => {
    const server = await startServer((made) => {
      made.handle({ routePath: "/", handler: withHeader("Vary", "Cookie") });
      made.handle({ routePath: "same", handler: withHeader("Vary", "accept-encoding") });
    });
    expect((await ask(server, "/")).headers.vary).toBe("Cookie, Accept-Encoding");
    expect((await ask(server, "/same")).headers.vary).toBe("accept-encoding");
  });
});

describe("the option", () => {
  const handler = handlers["text"] ?? (() => undefined);

  test("of a route stands in place of the server's", async () => {
    const server = await startServer((made) => {
      made.handle({ routePath: "off", compress: false, handler });
      made.handle({ routePath: "same", compress: true, handler });
      made.handle({ routePath: "absent", compress: null, handler });
      made.handle({ routePath: "gzip", compress: { encodings: ["gzip"] }, handler });
      made.handle({ routePath: "high", compress: { threshold: 10_000 }, handler });
      made.handle({ routePath: "types", compress: { types: ["application/json"] }, handler });
      made.group({ prefix: "group", compress: { encodings: ["gzip"] } }).handle({ routePath: "in", handler });
    });
    const results = await Promise.all(
      ["off", "same", "absent", "gzip", "high", "types", "group/in"].map(async (path) => {
        const { coding, headers } = await ask(server, `/${path}`);
        return [path, coding, headers.vary];
      }),
    );
    expect(results).toEqual([
      ["off", undefined, undefined],
      ["same", "br", "Accept-Encoding"],
      ["absent", "br", "Accept-Encoding"],
      ["gzip", "gzip", "Accept-Encoding"],
      ["high", undefined, "Accept-Encoding"],
      ["types", undefined, undefined],
      ["group/in", "gzip", "Accept-Encoding"],
    ]);
  });

  test("makes bodies smaller at higher levels", async () => {
    const program = await readFile(import.meta.filename, "utf8");
    const server = await startServer((made) => {
      const send: Handler = (_request, response) => response.sendTextPlain(program);
      const low = { brotliQuality: 1, gzipLevel: 1, zstdLevel: 1 };
      const high = { brotliQuality: 11, gzipLevel: 9, zstdLevel: 19 };
      made.handle({ routePath: "low", compress: low, handler: send });
      made.handle({ routePath: "high", compress: high, handler: send });
    });
    for (const coding of codings) {
      const [low, high] = [await ask(server, "/low", coding), await ask(server, "/high", coding)];
      expect(high.bytes.length, coding).toBeLessThan(low.bytes.length * 0.98);
    }
  });

  test("of a route works on a server without it", async () => {
    const server = await startServer(
      (made) => {
        made.handle({ routePath: "on", compress: true, handler });
        made.handle({ routePath: "off", handler });
      },
      { compress: false },
    );
    expect((await ask(server, "/on")).coding).toBe("br");
    expect((await ask(server, "/off")).coding).toBeUndefined();
  });

  test("reaches core's own answers", async () => {
    const server = await startServer(
      (made) => {
        made.handle({ method: POST, routePath: "post", handler: () => undefined });
        made.handle({
          method: GET,
          routePath: "fail",
          handler: () => {
            throw new Error("on purpose");
          },
        });
      },
      { compress: { threshold: 0 } },
    );
    for (const [path, status] of [
      ["/none", 404],
      ["/post", 405],
      ["/fail", 500],
    ] as const) {
      const answer = await ask(server, path, "gzip, identity;q=0");
      expect([answer.status, answer.coding]).toEqual([status, "gzip"]);
      expect(JSON.parse(answer.text)).toMatchObject({ status });
    }
  });
});

describe("any body", () => {
  test("decodes to the original for any Accept-Encoding", async () => {
    let body: Buffer | string = "";
    const server = await startServer(
      (made) => {
        made.handle({
          routePath: "whole",
          handler: (_request, response) => {
            response.setHeader("Content-Type", "text/plain; charset=utf-8");
            if (typeof body === "string") response.sendTextPlain(body);
            else response.send(body);
          },
        });
        made.handle({
          routePath: "stream",
          handler: (_request, response) => {
            response.setHeader("Content-Type", "text/plain; charset=utf-8");
            const bytes = Buffer.from(body);
            const half = bytes.length >> 1;
            Readable.from([bytes.subarray(0, half), bytes.subarray(half)], { objectMode: false }).pipe(
              response,
            );
          },
        });
      },
      { compress: { threshold: 16 } },
    );
    const texts = fc.oneof(
      fc.string({ unit: codePoint, maxLength: 3_000 }),
      fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.string({ maxLength: 40 }), fc.nat(4_000)).map(([text, times]) => text.repeat(times)),
    );
    const accepted = fc.array(
      fc.tuple(fc.constantFrom("br", "zstd", "gzip", "identity", "*"), fc.constantFrom("", ";q=0.5", ";q=0")),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(texts, accepted, fc.constantFrom("whole", "stream"), async (text, list, path) => {
        body = text;
        const answer = await ask(server, `/${path}`, list.map((entry) => entry.join("")).join(", "));
        expect(answer.text === Buffer.from(text).toString()).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

function withHeader(name: string, value: string): Handler {
  return (_request, response) => {
    response.setHeader(name, value);
    response.sendTextPlain(TEXT);
  };
}
