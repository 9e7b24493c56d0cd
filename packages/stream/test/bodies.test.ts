import { EventEmitter, on } from "node:events";
import { Readable, Transform } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Capability, GateOrder, type Handler, type PacketronResponse } from "@packetron/core";
import { describe, expect, test, vi } from "vitest";
import { ExchangeState } from "../../core/src/message/exchange.ts";
import { RawClient } from "../../core/test/_raw.ts";
import type { StreamChunk, StreamSource } from "../src/index.ts";
import { ask, createSignal, open, readUntil, startServer } from "./_server.ts";

const dispatches = ["direct", "standard"] as const;
const bytes = (text: string) => new TextEncoder().encode(text);

async function* later(...parts: readonly StreamChunk[]): AsyncGenerator<StreamChunk> {
  for (const part of parts) {
    await nextTurn();
    yield part;
  }
}

/** A source, and whether it has been ended. */
interface Watched {
  readonly source: StreamSource<StreamChunk>;
  readonly isEnded: () => boolean;
}

/** Sources of each kind that give one piece, and then none until they are ended, or fail. */
const kinds: readonly (readonly [
  title: string,
  make: (fate: "wait" | "fail", signal: AbortSignal) => Watched,
])[] = [
  [
    "a generator",
    (fate, signal) => {
      let ended = false;
      async function* generate() {
        try {
          yield "first";
          await nextTurn();
          if (fate === "fail") throw new Error("on purpose");
          for await (const _ of on(new EventEmitter(), "never", { signal })) yield "never";
        } finally {
          ended = true;
        }
      }
      return { source: generate(), isEnded: () => ended };
    },
  ],
  [
    "a stream of Node",
    (fate) => {
      const source = new Readable({ read() {} });
      source.push("first");
      if (fate === "fail") setImmediate(() => setImmediate(() => source.destroy(new Error("on purpose"))));
      return { source, isEnded: () => source.destroyed };
    },
  ],
  [
    "a stream of the web",
    (fate) => {
      let ended = false;
      const source = new ReadableStream<StreamChunk>({
        start(controller) {
          controller.enqueue("first");
          if (fate === "wait") return;
          setImmediate(() =>
            setImmediate(() => {
              ended = true; // an error ends it without cancel()
              controller.error(new Error("on purpose"));
            }),
          );
        },
        cancel() {
          ended = true;
        },
      });
      return { source, isEnded: () => ended };
    },
  ],
];

describe.each(dispatches)("sendStream(), %s dispatch", (dispatch) => {
  const start = (handler: Handler, options = {}) => startServer(handler, { dispatch, ...options });

  test.each<[title: string, make: () => StreamSource<StreamChunk>]>([
    ["an async generator", () => later("ab", "", bytes("c"), "ü")],
    ["an array", () => ["ab", "", bytes("c"), "ü"]],
    ["an array of promises", () => [Promise.resolve("ab"), nextTurn(bytes("c")), "ü"]],
    ["a set of buffers", () => new Set([Buffer.from("abc"), Buffer.from("ü")])],
    [
      "other views of bytes",
      () => [new DataView(bytes("abc").buffer), Buffer.from("ü").buffer.slice(0, 0), "ü"],
    ],
    ["a Readable", () => Readable.from(["ab", "c", "ü"])],
    ["a Readable of bytes", () => Readable.from([Buffer.from("abcü")], { objectMode: false })],
    ["a ReadableStream", () => ReadableStream.from(["ab", bytes("c"), "ü"])],
    ["the body of a Response", () => new Response("abcü").body ?? []],
  ])("sends the pieces of %s", async (_title, make) => {
    const started = await start((_request, response) => response.sendStream(make()));
    const answer = await ask(started);
    expect(answer).toMatchObject({ status: 200, body: "abcü", isComplete: true });
    expect(answer.headers["transfer-encoding"]).toBe("chunked");
    expect(started.lines).toEqual([]);
  });

  test.each<[title: string, prepare: (response: PacketronResponse) => unknown, type: string | undefined]>([
    ["of text", (response) => response.sendStream(["a"]), "text/plain; charset=utf-8"],
    ["of bytes", (response) => response.sendStream([bytes("a")]), "application/octet-stream"],
    ["of nothing", (response) => response.sendStream([]), undefined],
    ["of the option", (response) => response.sendStream(["a"], { type: "text/csv" }), "text/csv"],
    ["that is set", (response) => response.setHeader("Content-Type", "a/b").sendStream(["a"]), "a/b"],
    [
      "of the option, not the one that is set",
      (response) => response.setHeader("Content-Type", "a/b").sendStream(["a"], { type: "text/csv" }),
      "text/csv",
    ],
  ])("has the type %s", async (_title, handle, type) => {
    const answer = await ask(await start((_request, response) => handle(response)));
    expect(answer).toMatchObject({ status: 200, isComplete: true });
    expect(answer.headers["content-type"]).toBe(type);
  });

  test("sends status and length", async () => {
    const started = await start((_request, response) =>
      response.sendStream(later("ä", "b"), { length: 3, status: 201 }),
    );
    const { status, headers, body } = await ask(started);
    expect({ status, length: headers["content-length"], body }).toEqual({
      status: 201,
      length: "3",
      body: "äb",
    });
    expect(headers["transfer-encoding"]).toBeUndefined();
  });

  test("sends a body after the head of writeHead()", async () => {
    const started = await start((_request, response) => {
      response.writeHead(202, { "Content-Type": "a/b" });
      return response.sendStream(later("a", "b"), { status: 201, type: "text/csv" });
    });
    expect(await ask(started)).toMatchObject({ status: 202, headers: { "content-type": "a/b" }, body: "ab" });
  });

  test.each([
    ["HEAD with a length", "HEAD", { length: 7, type: "text/csv" }, 200, "7"],
    ["HEAD without a length", "HEAD", { type: "text/csv" }, 200, undefined],
    ["204", "GET", { status: 204 }, 204, undefined],
    ["205", "GET", { status: 205 }, 205, "0"],
    ["304", "GET", { status: 304, length: 7 }, 304, undefined],
  ] as const)(
    "answers %s without a body, and ends the source unread",
    async (_title, method, options, status, length) => {
      const source = new Readable({ read: () => expect.unreachable() });
      const started = await start((_request, response) => response.sendStream(source, options));
      const answer = await ask(started, {}, method);
      expect(answer).toMatchObject({ status, body: "", isComplete: true });
      expect(answer.headers["content-length"]).toBe(length);
      expect(source.destroyed).toBe(true);
      expect(started.lines).toEqual([]);
    },
  );

  async function* failing(): AsyncGenerator<string> {
    yield await Promise.reject(new Error("on purpose"));
  }
  const cast = (source: unknown) => source as StreamSource<StreamChunk>;
  test.each<[title: string, handle: (response: PacketronResponse) => unknown, code: string | undefined]>([
    ["a generator that throws", (response) => response.sendStream(failing()), undefined],
    [
      "a Readable that fails",
      (response) =>
        response.sendStream(
          new Readable({
            read() {
              this.destroy(new Error("on purpose"));
            },
          }),
        ),
      undefined,
    ],
    [
      "an iterator that throws synchronously",
      (response) =>
        response.sendStream({
          [Symbol.iterator]: () => ({
            next: () => {
              throw new Error("on purpose");
            },
          }),
        }),
      undefined,
    ],
    [
      "a piece that is neither text nor bytes",
      (response) => response.sendStream(cast([7])),
      "PKT_STREAM_CHUNK",
    ],
    [
      "a first piece that is too long",
      (response) => response.sendStream(["abc"], { length: 2 }),
      "PKT_STREAM_LENGTH",
    ],
    ["no piece, but a length", (response) => response.sendStream([], { length: 2 }), "PKT_STREAM_LENGTH"],
    ["a text as the source", (response) => response.sendStream(cast("text")), "PKT_OPTION_INVALID"],
    ["bytes as the source", (response) => response.sendStream(cast(bytes("text"))), "PKT_OPTION_INVALID"],
    ["null as the source", (response) => response.sendStream(cast(null)), "PKT_OPTION_INVALID"],
    [
      "an option that does not exist",
      (response) => response.sendStream([], { typ: "a" } as object),
      "PKT_OPTION_UNKNOWN",
    ],
    [
      "a type that is not valid",
      (response) => response.sendStream(["a"], { type: "a\nb" }),
      "ERR_INVALID_CHAR",
    ],
  ])("answers 500 to %s", async (_title, handle, code) => {
    const started = await start((_request, response) => handle(response));
    const answer = await ask(started);
    expect(answer).toMatchObject({ status: 500, isComplete: true });
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(started.lines).toMatchObject([
      { level: "error", fields: { err: code === undefined ? { message: "on purpose" } : { code } } },
    ]);
  });

  test("destroys a Readable whose options are wrong", async () => {
    const source = new Readable({ read() {} });
    await ask(await start((_request, response) => response.sendStream(source, { length: -1 })));
    expect(source.destroyed).toBe(true);
  });

  test.each<
    [
      title: string,
      source: () => StreamSource<StreamChunk>,
      length: number | undefined,
      body: string,
      code: string,
    ]
  >([
    [
      "a piece that is neither text nor bytes",
      () => cast(later("ab", cast({}) as never)),
      undefined,
      "ab",
      "PKT_STREAM_CHUNK",
    ],
    ["a byte too many, which is not sent", () => later("ab", "cd"), 3, "ab", "PKT_STREAM_LENGTH"],
    ["a byte too few", () => later("ab", "cd"), 5, "abcd", "PKT_STREAM_LENGTH"],
  ])("cuts the connection for %s after the head", async (_title, make, length, body, code) => {
    const started = await start((_request, response) => response.sendStream(make(), { length }));
    const answer = await ask(started);
    expect(answer).toMatchObject({ status: 200, isComplete: false });
    expect(body.startsWith(answer.body)).toBe(true); // what Node had not written yet is lost
    expect(started.lines).toMatchObject([{ level: "error", fields: { err: { code } } }]);
  });

  test.each(kinds)("cuts the connection when %s fails after the head", async (_title, make) => {
    let watched: Watched | undefined;
    const started = await start((request, response) => {
      watched = make("fail", request.signal);
      return response.sendStream(watched.source);
    });
    const answer = await ask(started);
    expect(answer).toMatchObject({ status: 200, isComplete: false });
    expect(watched?.isEnded()).toBe(true);
    expect(started.lines).toMatchObject([{ level: "error", fields: { err: { message: "on purpose" } } }]);
    expect(started.server.load.inFlight).toBe(0);
  });

  test.each(kinds)("ends %s whose client leaves while it has no piece", async (_title, make) => {
    let watched: Watched | undefined;
    let sent: Promise<void> | undefined;
    const started = await start((request, response) => {
      watched = make("wait", request.signal);
      sent = response.sendStream(watched.source);
    });
    const answer = await open(started.server);
    await readUntil(answer, "first");
    answer.destroy();
    await vi.waitFor(() => expect(sent).toBeDefined());
    await sent;
    await vi.waitFor(() => expect(watched?.isEnded()).toBe(true));
    await vi.waitFor(() => expect(started.server.load).toMatchObject({ connections: 0, inFlight: 0 }));
    expect(started.lines).toEqual([]);
  });

  test.each(["a generator", "a Readable"])(
    "%s makes no more than a client reads: less than 1 MiB waits, and its end is the client's",
    async (kind) => {
      let made = 0;
      let ended = false;
      let shown: PacketronResponse | undefined;
      const piece = Buffer.alloc(16 * 1024);
      function* generate() {
        try {
          for (;;) {
            made += piece.length;
            yield piece;
          }
        } finally {
          ended = true;
        }
      }
      const started = await start((_request, response) => {
        shown = response;
        return response.sendStream(kind === "a generator" ? generate() : Readable.from(generate()));
      });
      const answer = await open(started.server);
      answer.pause();
      await vi.waitFor(async () => {
        const before = made;
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(made).toBe(before); // the kernel takes no more, and so the source stands still
      }, 10_000);
      expect(shown?.writableLength).toBeGreaterThan(0);
      expect(shown?.writableLength).toBeLessThan(1024 * 1024);
      answer.destroy();
      await vi.waitFor(() => expect(ended).toBe(true));
      await vi.waitFor(() => expect(started.server.load.inFlight).toBe(0));
      expect(started.lines).toEqual([]);
    },
  );

  test("a source that always has a piece leaves time for other requests", async () => {
    const piece = Buffer.alloc(1024);
    const started = await start((_request, response) =>
      response.sendStream(Array.from({ length: 20_000 }, () => piece)),
    );
    started.server.handle({ routePath: "b", handler: (_request, response) => response.sendOk() });
    const answer = await open(started.server);
    let received = 0;
    answer.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    const other = await fetch(`http://127.0.0.1:${started.server.port}/b`);
    expect(other.status).toBe(200);
    await vi.waitFor(() => expect(received).toBe(20_000 * 1024), 10_000);
  });

  test("an answer that another call sends first wins, and the source is ended", async () => {
    let ended = false;
    const gate = createSignal();
    const started = await start((_request, response) => {
      async function* generate() {
        try {
          await gate.promise;
          yield "late";
        } finally {
          ended = true;
        }
      }
      const sent = response.sendStream(generate());
      response.sendTextPlain("first");
      gate.resolve();
      return sent;
    });
    expect(await ask(started)).toMatchObject({ status: 200, body: "first" });
    expect(ended).toBe(true);
    expect(started.lines).toMatchObject([{ level: "warn", fields: { err: { code: "PKT_RESPONSE_ENDED" } } }]);
  });

  test("a call after an answer is ignored, and the source is ended", async () => {
    const source = new Readable({ read() {} });
    const started = await start((_request, response) => {
      response.sendTextPlain("first");
      return response.sendStream(source);
    });
    expect(await ask(started)).toMatchObject({ body: "first" });
    expect(source.destroyed).toBe(true);
    expect(started.lines).toMatchObject([{ level: "warn", fields: { err: { code: "PKT_RESPONSE_ENDED" } } }]);
  });

  test("after handlerTimeout the source is ended", async () => {
    const source = new Readable({ read() {} });
    const started = await start((_request, response) => response.sendStream(source), { handlerTimeout: 50 });
    expect(await ask(started)).toMatchObject({ status: 503 });
    expect(source.destroyed).toBe(true);
  });

  test("an error in the finally of a generator whose client has left is reported", async () => {
    const { promise, resolve } = createSignal();
    const started = await start((_request, response) =>
      response.sendStream(
        (async function* () {
          try {
            yield "first";
            await promise;
          } finally {
            await Promise.reject(new Error("on purpose"));
          }
        })(),
      ),
    );
    const answer = await open(started.server);
    await readUntil(answer, "first");
    answer.destroy();
    await vi.waitFor(() => expect(started.server.load.inFlight).toBe(0));
    resolve();
    await vi.waitFor(() =>
      expect(started.lines).toMatchObject([{ fields: { err: { message: "on purpose" } } }]),
    );
  });

  test("a capability sees the answer as a stream, and can transform it", async () => {
    const shout: Capability = {
      name: "shout",
      install: (host) =>
        void host.answering((_request, _response, { body }) =>
          body === null
            ? new Transform({
                transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()),
              })
            : undefined,
        ),
    };
    const started = await start(
      (_request, response) => response.sendStream(later("ab", "c"), { length: 3 }),
      {
        others: [shout],
      },
    );
    expect(await ask(started)).toMatchObject({ status: 200, body: "ABC", isComplete: true });
  });
});

describe.each(dispatches)("sendLines(), %s dispatch", (dispatch) => {
  test("sends each value as a line of JSON", async () => {
    const started = await startServer(
      (_request, response) => response.sendLines([{ a: "x\ny" }, 1, "two", null, undefined, [3]]),
      { dispatch },
    );
    const { headers, body } = await ask(started);
    expect(headers["content-type"]).toBe("application/x-ndjson");
    expect(body).toBe('{"a":"x\\ny"}\n1\n"two"\nnull\nnull\n[3]\n');
  });

  test("keeps a type and a status that are set", async () => {
    const started = await startServer(
      (_request, response) => {
        response.statusCode = 202;
        response.setHeader("Content-Type", "application/jsonl");
        return response.sendLines(Readable.from([{ a: 1 }]));
      },
      { dispatch },
    );
    expect(await ask(started)).toMatchObject({
      status: 202,
      headers: { "content-type": "application/jsonl" },
      body: '{"a":1}\n',
    });
  });

  test.each([
    ["500 for the first value", [1n], 500, true],
    ["a cut connection for a later one", [1, nextTurn(1n)], 200, false],
  ] as const)("a value that JSON does not have gives %s", async (_title, values, status, isComplete) => {
    const started = await startServer((_request, response) => response.sendLines(values), { dispatch });
    expect(await ask(started)).toMatchObject({ status, isComplete });
    expect(started.lines).toMatchObject([{ fields: { err: { code: "PKT_STREAM_LINE" } } }]);
  });
});

test("other answers stay direct", async () => {
  const states: number[] = [];
  const watch: Capability = {
    name: "watch",
    install: (host) =>
      void host.gate(GateOrder.EARLY, (_request, response) => {
        process.nextTick(() => states.push(response.state));
      }),
  };
  const started = await startServer((_request, response) => response.sendJson({ a: 1 }), {
    dispatch: "direct",
    others: [watch],
  });
  await ask(started, { Connection: "keep-alive" });
  expect(states).toHaveLength(1);
  expect(states).not.toContain(ExchangeState.NODE);
});

test.each(dispatches)(
  "an answer that waits for an earlier one in a pipeline is ended with the connection, %s dispatch",
  async (dispatch) => {
    const ended: string[] = [];
    const handler: Handler = (request, response) => {
      const source = new Readable({ read() {} });
      source.once("close", () => ended.push(request.url ?? ""));
      source.push(request.url ?? "");
      return response.sendStream(source);
    };
    const { server, lines } = await startServer(handler, { dispatch });
    const client = await RawClient.connect({ port: server.port });
    client.send("GET /a?1 HTTP/1.1\r\nHost: a\r\n\r\nGET /a?2 HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.until(({ received }) => received.includes("/a?1"));
    await vi.waitFor(() => expect(server.load.inFlight).toBe(2));
    client.destroy();
    await vi.waitFor(() => expect(ended.toSorted()).toEqual(["/a?1", "/a?2"]));
    await vi.waitFor(() => expect(server.load.inFlight).toBe(0));
    expect(lines).toEqual([]);
  },
);
