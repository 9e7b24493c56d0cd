import { EventEmitter, on } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Handler, PacketronResponse } from "@packetron/core";
import { describe, expect, test, vi } from "vitest";
import { RawClient } from "../../../core/test/_raw.ts";
import type { EventSender, EventsSource, ServerSentEvent } from "../../src/index.ts";
import { parseEvents } from "../_event-parser.ts";
import { ask, createSignal, open, readToEnd, readUntil, startServer } from "../_server.ts";

const dispatches = ["direct", "standard"] as const;

async function* later(...events: readonly ServerSentEvent[]): AsyncGenerator<ServerSentEvent> {
  for (const event of events) {
    await nextTurn();
    yield event;
  }
}

/** The data of the events of an answer. */
const dataOf = (body: string) => parseEvents(body).events.map(({ data }) => data);

describe.each(dispatches)("sendEvents(), %s dispatch", (dispatch) => {
  const start = (handler: Handler, options = {}) => startServer(handler, { dispatch, ...options });

  test.each<[title: string, make: () => EventsSource]>([
    ["an async generator", () => later({ data: "a" }, { data: "b" })],
    ["an array", () => [{ data: "a" }, { data: "b" }]],
    ["a ReadableStream", () => ReadableStream.from([{ data: "a" }, { data: "b" }])],
    [
      "a function",
      () => (events) => {
        events.send({ data: "a" });
        events.send({ data: "b" });
        events.close();
      },
    ],
    [
      "an async function, with functions that are taken out of their object",
      () =>
        async ({ send, close }) => {
          await nextTurn();
          send({ data: "a" });
          await nextTurn();
          send({ data: "b" });
          close();
        },
    ],
  ])("sends the events of %s", async (_title, make) => {
    const started = await start((_request, response) => response.sendEvents(make()));
    const { status, headers, body, isComplete } = await ask(started, { Connection: "keep-alive" });
    expect({ status, isComplete, data: dataOf(body) }).toEqual({
      status: 200,
      isComplete: true,
      data: ["a", "b"],
    });
    expect(headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
      connection: "close",
    });
    expect(started.lines).toEqual([]);
    expect(started.server.load.inFlight).toBe(0);
  });

  test("the head leaves before the first event", async () => {
    const started = await start((_request, response) => response.sendEvents(() => undefined));
    const answer = await open(started.server);
    expect(answer.statusCode).toBe(200);
    expect(await readUntil(answer, "\n\n")).toBe(":\n\n");
  });

  test("retry is sent at the beginning, and a Cache-Control that is set stays", async () => {
    const started = await start((_request, response) => {
      response.setHeader("Cache-Control", "no-cache");
      return response.sendEvents([{ data: "a" }], { retry: 2_000 });
    });
    const { body, headers } = await ask(started);
    expect(body).toBe("retry: 2000\n\ndata: a\n\n");
    expect(headers["cache-control"]).toBe("no-cache");
  });

  test.each([
    ["HEAD", "HEAD", 200, 200],
    ["204, which stops browsers,", "GET", 204, 204],
  ])("answers %s without calling the source", async (_title, method, set, status) => {
    const source = vi.fn();
    const started = await start((_request, response) => {
      response.statusCode = set;
      return response.sendEvents(source);
    });
    const answer = await ask(started, {}, method);
    expect(answer).toMatchObject({ status, body: "", isComplete: true });
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    expect(source).not.toHaveBeenCalled();
  });

  const cast = (source: unknown) => source as EventsSource;
  async function* failing(): AsyncGenerator<ServerSentEvent> {
    yield await Promise.reject(new Error("on purpose"));
  }
  test.each<[title: string, handle: (response: PacketronResponse) => unknown, code: string | undefined]>([
    ["a generator that throws at once", (response) => response.sendEvents(failing()), undefined],
    [
      "a function that throws, also after an event",
      (response) =>
        response.sendEvents((events) => {
          events.send({ data: "a" });
          throw new Error("on purpose");
        }),
      undefined,
    ],
    [
      "a function that rejects at once",
      (response) => response.sendEvents(() => Promise.reject(new Error("on purpose"))),
      undefined,
    ],
    [
      "a line break in the first event",
      (response) => response.sendEvents([{ event: "a\nb" }]),
      "PKT_STREAM_EVENT",
    ],
    [
      "a line break in an id that a function sends at once",
      (response) => response.sendEvents((events) => void events.send({ id: "1\r" })),
      "PKT_STREAM_EVENT",
    ],
    [
      "a generator function, which was not called",
      (response) => response.sendEvents(async function* () {}),
      "PKT_OPTION_INVALID",
    ],
    ["a text as the source", (response) => response.sendEvents(cast("a")), "PKT_OPTION_INVALID"],
    ["no source", (response) => response.sendEvents(cast(undefined)), "PKT_OPTION_INVALID"],
    [
      "an option that is not valid",
      (response) => response.sendEvents([], { retry: -1 }),
      "PKT_OPTION_INVALID",
    ],
  ])("answers 500 to %s", async (_title, handle, code) => {
    const started = await start((_request, response) => handle(response));
    const answer = await ask(started);
    expect(answer).toMatchObject({ status: 500, isComplete: true });
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    const err = code === undefined ? { message: "on purpose" } : { code };
    expect(started.lines).toMatchObject([{ level: "error", fields: { err } }]);
    expect(started.server.load.inFlight).toBe(0);
  });

  test.each<[title: string, make: () => EventsSource, code: string | undefined]>([
    ["a line break in a later event", () => later({ data: "a" }, { event: "a\nb" }), "PKT_STREAM_EVENT"],
    [
      "a line break in an event that a function sends later",
      () => (events) => {
        events.send({ data: "a" });
        setImmediate(() => setImmediate(() => events.send({ id: "1\n2" })));
      },
      "PKT_STREAM_EVENT",
    ],
    [
      "a generator that throws later",
      async function* () {
        yield { data: "a" };
        await nextTurn();
        await nextTurn();
        throw new Error("on purpose");
      },
      undefined,
    ],
    [
      "a function that rejects later",
      () => async (events) => {
        events.send({ data: "a" });
        await nextTurn();
        await nextTurn();
        throw new Error("on purpose");
      },
      undefined,
    ],
  ])("cuts the connection for %s", async (_title, make, code) => {
    const started = await start((_request, response) => response.sendEvents(make()));
    const answer = await ask(started);
    expect(answer).toMatchObject({ status: 200, isComplete: false });
    expect(answer.body).not.toContain("event:");
    const err = code === undefined ? { message: "on purpose" } : { code };
    expect(started.lines).toMatchObject([{ level: "error", fields: { err } }]);
    await vi.waitFor(() => expect(started.server.load.inFlight).toBe(0));
  });

  test("the source of a stream that has failed is ended", async () => {
    const cleanup = vi.fn();
    const signals: AbortSignal[] = [];
    const started = await start((_request, response) =>
      response.sendEvents((events) => {
        signals.push(events.signal);
        setImmediate(() => setImmediate(() => events.send({ event: "\n" })));
        return cleanup;
      }),
    );
    await ask(started);
    expect(cleanup).toHaveBeenCalledOnce();
    expect(signals[0]?.aborted).toBe(true);
  });

  test.each([
    ["a function", (cleanup: () => void) => () => cleanup],
    ["a promise of a function", (cleanup: () => void) => async () => cleanup],
    [
      "a late promise of a function",
      (cleanup: () => void) => () => new Promise<() => void>((resolve) => setTimeout(resolve, 50, cleanup)),
    ],
  ])("calls %s that the source returns once, when the client has left", async (_title, make) => {
    const cleanup = vi.fn();
    let shown: EventSender | undefined;
    let sent: Promise<void> | undefined;
    const source = make(cleanup);
    const started = await start((_request, response) => {
      sent = response.sendEvents((events) => {
        shown = events;
        return source();
      });
    });
    const answer = await open(started.server);
    expect(shown?.signal.aborted).toBe(false);
    expect(shown?.send({ data: "a" })).toBe(true);
    await readUntil(answer, "data: a");
    answer.destroy();
    await sent;
    expect(shown?.signal.aborted).toBe(true);
    await vi.waitFor(() => expect(cleanup).toHaveBeenCalledOnce());
    expect(shown?.send({ data: "b" })).toBe(false);
    shown?.close();
    await vi.waitFor(() => expect(started.server.load).toMatchObject({ connections: 0, inFlight: 0 }));
    expect(cleanup).toHaveBeenCalledOnce();
    expect(started.lines).toEqual([]);
  });

  test("an error of the clean-up is reported, and harms nothing else", async () => {
    const started = await start((_request, response) =>
      response.sendEvents((events) => {
        events.send({ data: "a" });
        setImmediate(events.close);
        return () => {
          throw new Error("on purpose");
        };
      }),
    );
    expect(await ask(started)).toMatchObject({ status: 200, isComplete: true });
    expect(started.lines).toMatchObject([{ level: "error", fields: { err: { message: "on purpose" } } }]);
  });

  test.each<[where: string, wait: (signal: AbortSignal) => Promise<unknown>]>([
    ["an event", (signal) => on(new EventEmitter(), "never", { signal }).next()],
    [
      "a rejection with the reason of request.signal",
      (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    ],
    ["a timer that goes on", () => new Promise((resolve) => setTimeout(resolve, 100))],
  ])("a generator that waits for %s is ended when its client leaves", async (_where, wait) => {
    const { promise: ended, resolve } = createSignal();
    const started = await start((request, response) => {
      async function* generate() {
        try {
          yield { data: "first" };
          await wait(request.signal);
          yield { data: "second" };
          throw new Error("must not run");
        } finally {
          resolve();
        }
      }
      return response.sendEvents(generate());
    });
    const answer = await open(started.server);
    await readUntil(answer, "first");
    answer.destroy();
    await ended;
    await vi.waitFor(() => expect(started.server.load.inFlight).toBe(0));
    expect(started.lines).toEqual([]);
  });

  test("a generator that waits for its client is ended when the client leaves", async () => {
    const { promise: ended, resolve } = createSignal();
    let shown: PacketronResponse | undefined;
    let made = 0;
    const data = "x".repeat(1024);
    function* generate() {
      try {
        for (;;) {
          made++;
          yield { data };
        }
      } finally {
        resolve();
      }
    }
    const started = await start((_request, response) => {
      shown = response;
      return response.sendEvents(generate());
    });
    const answer = await open(started.server);
    answer.pause();
    await vi.waitFor(async () => {
      const before = made;
      await new Promise((wake) => setTimeout(wake, 50));
      expect(made).toBe(before);
    }, 10_000);
    expect(shown?.writableLength).toBeGreaterThan(0);
    expect(shown?.writableLength).toBeLessThan(1024 * 1024);
    answer.destroy();
    await ended;
    expect(started.lines).toEqual([]);
  });

  test("a client that does not read what a function sends is cut before 1 MiB waits for it", async () => {
    let shown: PacketronResponse | undefined;
    let timer: NodeJS.Timeout | undefined;
    const keepsUp: boolean[] = [];
    const data = "x".repeat(8 * 1024);
    const { promise: ended, resolve } = createSignal();
    let before = 0;
    const started = await start((_request, response) => {
      shown = response;
      return response.sendEvents((events) => {
        timer = setInterval(() => {
          before = response.writableLength;
          for (let count = 0; count < 20; count++) keepsUp.push(events.send({ data }));
        }, 1);
        return () => {
          clearInterval(timer);
          resolve();
        };
      });
    });
    const answer = await open(started.server);
    answer.pause();
    answer.on("error", () => undefined);
    await ended;
    expect(shown?.destroyed).toBe(true);
    expect(keepsUp).toContain(true);
    expect(keepsUp.at(-1)).toBe(false);
    expect(before).toBeLessThan(512 * 1024);
    expect(started.lines).toMatchObject([{ level: "warn", fields: { code: "PKT_STREAM_SLOW_READER" } }]);
    await vi.waitFor(() => expect(started.server.load.inFlight).toBe(0));
  });

  test("what a function sends before it returns may be long", async () => {
    const data = "x".repeat(1024);
    const started = await start((_request, response) =>
      response.sendEvents((events) => {
        for (let count = 0; count < 2_000; count++) events.send({ id: count, data });
        setImmediate(events.close);
      }),
    );
    const { body, isComplete } = await ask(started);
    expect(isComplete).toBe(true);
    expect(parseEvents(body)).toMatchObject({ events: { length: 2_000 }, lastEventId: "1999" });
  });

  test("a stream that waits for an earlier answer in a pipeline is ended with the connection", async () => {
    const cleanup = vi.fn();
    const started = await start((_request, response) => response.sendEvents(() => cleanup));
    const client = await RawClient.connect({ port: started.server.port });
    client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.until(({ received }) => received.includes(":\n\n"));
    expect(started.server.load.inFlight).toBe(2);
    client.destroy();
    await vi.waitFor(() => expect(cleanup).toHaveBeenCalledTimes(2));
    await vi.waitFor(() => expect(started.server.load.inFlight).toBe(0));
    expect(started.lines).toEqual([]);
  });

  test("a silent stream gets comments", async () => {
    const started = await start((_request, response) =>
      response.sendEvents(() => undefined, { heartbeat: 20 }),
    );
    const answer = await open(started.server);
    expect(await readUntil(answer, ":\n\n:\n\n:\n\n")).toBe(":\n\n:\n\n:\n\n");
  });

  test("an answer that another call sends first wins, and the source is ended", async () => {
    const cleanup = vi.fn();
    const started = await start((_request, response) => {
      const sent = response.sendEvents(() => cleanup);
      response.sendTextPlain("first");
      return sent;
    });
    expect(await ask(started)).toMatchObject({ status: 200, body: "first" });
    await vi.waitFor(() => expect(cleanup).toHaveBeenCalledOnce());
    expect(started.lines).toMatchObject([{ level: "warn", fields: { err: { code: "PKT_RESPONSE_ENDED" } } }]);
  });

  describe("a server that drains", () => {
    test.each([
      ["with the option", { retry: 50 }, 50, 50],
      ["without it, at different times", {}, 1_000, 1_999],
    ])(
      "ends its streams after what was sent, and says when to come back, %s",
      async (_title, options, low, high) => {
        const signals: AbortSignal[] = [];
        const started = await start((_request, response) =>
          response.sendEvents((events) => {
            signals.push(events.signal);
            events.send({ id: 1, data: "before" });
            started.server.drainSignal.addEventListener("abort", () => {
              // The listener of this package is older, or not: an event after the end would be lost with either.
              expect(events.send({ data: "after" })).toBe(false);
            });
          }, options),
        );
        const answer = await open(started.server);
        const text = readToEnd(answer);
        await nextTurn();
        await started.server.stop();
        const { events, retry, lastEventId } = parseEvents(await text);
        expect({ events, lastEventId }).toEqual({
          events: [{ type: "message", data: "before", lastEventId: "1" }],
          lastEventId: "1",
        });
        expect(retry).toBeGreaterThanOrEqual(low);
        expect(retry).toBeLessThanOrEqual(high);
        expect(answer.complete).toBe(true);
        expect(signals[0]?.aborted).toBe(true);
        expect(started.server.load).toMatchObject({ connections: 0, inFlight: 0 });
        expect(started.lines).toEqual([]);
      },
    );

    test("loses nothing that waits for a slow client", async () => {
      const data = "x".repeat(1024);
      let count = 0;
      const { promise: full, resolve } = createSignal();
      const started = await start((_request, response) =>
        response.sendEvents((events) => {
          const timer = setInterval(() => {
            for (let index = 0; index < 50; index++) {
              if (events.send({ id: ++count, data })) continue;
              events.send({ id: ++count, data }); // waits outside of the response
              clearInterval(timer);
              return resolve();
            }
          }, 1);
          return () => clearInterval(timer);
        }),
      );
      const answer = await open(started.server);
      answer.pause();
      await full;
      const stopped = started.server.stop();
      await nextTurn();
      const text = await readToEnd(answer);
      await stopped;
      expect(parseEvents(text)).toMatchObject({ events: { length: count }, lastEventId: String(count) });
      expect(answer.complete).toBe(true);
    });

    test("runs the return() of a generator, and does not wait for a promise of it", async () => {
      let returned = false;
      const source: AsyncIterable<ServerSentEvent> = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise(() => {}),
          async return() {
            returned = true;
            return { done: true, value: undefined };
          },
        }),
      };
      const started = await start((_request, response) => response.sendEvents(source));
      const answer = await open(started.server);
      const text = readToEnd(answer);
      await started.server.stop();
      expect(parseEvents(await text).retry).toBeGreaterThan(0);
      expect(returned).toBe(true);
    });

    test("ends a stream that begins then at once, without its source", async () => {
      const source = vi.fn();
      const started = await start((_request, response) => response.sendEvents(source), { idleGrace: 2_000 });
      const client = await RawClient.connect({ port: started.server.port });
      client.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n");
      await client.responses(1);
      const stopped = started.server.stop();
      await vi.waitFor(() => expect(started.server.drainSignal.aborted).toBe(true));
      client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
      const [, answer] = await client.responses(2);
      expect(answer?.status).toBe(200);
      expect(parseEvents(answer?.body.toString() ?? "").retry).toBeGreaterThan(0);
      expect(source).not.toHaveBeenCalled();
      await stopped;
    });
  });
});

describe("request.lastEventId", () => {
  test.each([
    ["is null without the field", undefined, null],
    ["is the value of the field", "42", "42"],
    ["is decoded from UTF-8, as browsers send it", Buffer.from("Zoë 🎈").toString("latin1"), "Zoë 🎈"],
  ])("%s", async (_title, sent, received) => {
    const started = await startServer((request, response) => response.sendJson(request.lastEventId));
    const { body } = await ask(started, sent === undefined ? {} : { "Last-Event-ID": sent });
    expect(JSON.parse(body)).toBe(received);
  });
});
