import { EventEmitter, once } from "node:events";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { PacketronServerFlags } from "../../src/config/flags.ts";
import type { ServerOptions } from "../../src/config/options.ts";
import { PacketronError } from "../../src/errors/errors.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import type { PacketronRequest } from "../../src/message/request.ts";
import type { Handler } from "../../src/routing/route-options.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import { RawClient } from "../_raw.ts";
import { type LogLine, send, startServer } from "../_server.ts";

const modes = ["direct", "standard"] as const;

/** A server with STOP_ON_ERROR and one route, and what its handlers did. */
interface Failing {
  readonly server: Packetron;
  readonly lines: LogLine[];
  readonly emitted: unknown[];
  /** How many requests a handler has begun, and how many of those it has ended. */
  begun(count: number): Promise<void>;
  ended(count: number): Promise<void>;
}

async function startFailing(handler: Handler, options: ServerOptions): Promise<Failing> {
  const { exitCode } = process;
  onTestFinished(() => {
    process.exitCode = exitCode; // STOP_ON_ERROR sets it
  });
  const counts = { begun: 0, ended: 0 };
  let changed = (): void => {};
  const reach = async (name: keyof typeof counts, count: number): Promise<void> => {
    while (counts[name] < count)
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    await nextTurn(); // the failure is judged after the handler's promise has settled
  };
  const count = (name: keyof typeof counts): void => {
    counts[name]++;
    changed();
  };
  const counting: Handler = async (request, response) => {
    count("begun");
    try {
      await handler(request, response);
    } finally {
      count("ended");
    }
  };
  const flags = PacketronServerFlags.STOP_ON_ERROR;
  const { server, lines } = await startServer(
    (made) => {
      for (const method of [PacketronRequestMethod.GET, PacketronRequestMethod.POST])
        made.handle({ method, routePath: "under-test", handler: counting });
      made.handle({ routePath: "fine", handler: (_request, response) => response.sendTextPlain("fine") });
    },
    { flags, lingerTimeout: 100, ...options },
  );
  const emitted: unknown[] = [];
  server.on("error", (error) => emitted.push(error));
  return {
    server,
    lines,
    emitted,
    begun: (wanted) => reach("begun", wanted),
    ended: (wanted) => reach("ended", wanted),
  };
}

const iterate: Handler = async (request, response) => {
  let size = 0;
  for await (const chunk of request) size += chunk.length;
  response.sendTextPlain(`${size}`);
};

const pipe: Handler = async (request, response) => {
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(request, sink);
  response.sendOk();
};

/** An answer that never ends. */
const download: Handler = async (_request, response) => {
  const source = new Readable({ read: () => source.push("x".repeat(1_000)) });
  await pipeline(source, response);
};

const waitWithSignal: Handler = async (request, response) => {
  await wait(60_000, undefined, { signal: request.signal });
  response.sendOk();
};

const throwReason: Handler = async (request) => {
  await left(request);
  throw request.signal.reason;
};

const wrapError: Handler = async (request, response) => {
  try {
    await iterate(request, response);
  } catch (cause) {
    throw new Error("the upload was not stored", { cause });
  }
};

/** Waits until the client has left. */
async function left({ signal }: PacketronRequest): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

/** What a log shows by default. */
function visible(lines: readonly LogLine[]): LogLine[] {
  return lines.filter(({ level }) => level !== "debug");
}

const GET = "GET /under-test HTTP/1.1\r\nHost: x\r\n\r\n";
const POST = "POST /under-test HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";

type Fault = "a bad chunk" | "a reset" | "a half-close";

/** Makes a request that fails on the client's side, and waits until its handler has ended. */
async function fail(failing: Failing, fault: Fault, bytes: string, turn: number): Promise<void> {
  const client = await RawClient.connect(failing.server);
  client.send(bytes);
  await failing.begun(turn);
  if (fault === "a bad chunk") client.send("no size\r\n");
  else if (fault === "a reset") client.socket.resetAndDestroy();
  else client.socket.end();
  await failing.ended(turn);
  client.destroy();
}

const clientFaults: readonly (readonly [fault: Fault, what: string, bytes: string, handler: Handler])[] = [
  ["a bad chunk", "for await (… of request)", POST, iterate],
  ["a bad chunk", "pipeline(request, …)", POST, pipe],
  ["a bad chunk", "a handler that wraps the error", POST, wrapError],
  ["a reset", "for await (… of request)", POST, iterate],
  ["a reset", "pipeline(request, …)", POST, pipe],
  ["a reset", "a handler that wraps the error", POST, wrapError],
  ["a reset", "pipeline(…, response)", GET, download],
  ["a reset", "a wait with request.signal", GET, waitWithSignal],
  ["a reset", "a handler that throws the reason of request.signal", GET, throwReason],
  ["a half-close", "for await (… of request)", POST, iterate],
];

describe.each(modes)("a failure that a client causes, dispatched %s", (dispatch) => {
  test.each(clientFaults)(
    "%s during %s stops nothing, and is a warning without a stack",
    async (fault, _what, bytes, handler) => {
      const failing = await startFailing(handler, { dispatch });
      const times = 3;
      for (let turn = 1; turn <= times; turn++) await fail(failing, fault, bytes, turn);
      expect((await send(failing.server, "GET /fine")).text).toBe("fine");
      expect(failing.emitted).toEqual([]);
      const lines = visible(failing.lines);
      expect(lines[0]).toMatchObject({ fields: { route: expect.any(String), leftOut: 0 } });
      for (const { level, fields } of lines) {
        expect(level).toBe("warn");
        expect(JSON.stringify(fields)).not.toContain("    at ");
        expect(Object.values(fields).some((value) => value instanceof Error)).toBe(false);
      }
    },
  );

  test("another error after the client has left is logged and emitted, and stops nothing", async () => {
    const bug = new TypeError("a bug");
    const failing = await startFailing(
      async (request) => {
        await left(request);
        throw bug;
      },
      { dispatch },
    );
    await fail(failing, "a reset", GET, 1);
    expect(failing.emitted).toEqual([bug]);
    expect(visible(failing.lines)).toMatchObject([{ level: "error", fields: { err: bug } }]);
    expect((await send(failing.server, "GET /fine")).text).toBe("fine");
  });

  test.each<readonly [string, unknown]>([
    ["a reset of another connection", Object.assign(new Error("upstream"), { code: "ECONNRESET" })],
    ["an abort of the handler's own", new DOMException("own", "AbortError")],
    ["an error of a stream", Object.assign(new Error("closed"), { code: "ERR_STREAM_PREMATURE_CLOSE" })],
  ])("%s is the server's while the client waits, and stops it", async (_name, error) => {
    const failing = await startFailing(() => Promise.reject(error), { dispatch });
    const stopped = new Promise((resolve) => failing.server.once("stopped", () => resolve(null)));
    expect((await send(failing.server, "GET /under-test")).status).toBe(500);
    await stopped;
    expect(failing.emitted).toEqual([error]);
  });

  test.each([503, 507])(
    "an error of status %i says that a resource is used up: it stops nothing",
    async (status) => {
      const error = new PacketronError("PKT_TEST_SHORTAGE", "no descriptors", { status });
      const failing = await startFailing(() => Promise.reject(error), { dispatch });
      for (let turn = 0; turn < 5; turn++)
        expect((await send(failing.server, "GET /under-test")).status).toBe(status);
      expect(failing.emitted).toEqual(Array(5).fill(error));
      const [line, ...more] = visible(failing.lines);
      expect(line).toMatchObject({ level: "error", fields: { err: error, leftOut: 0 } });
      expect(more.length).toBeLessThan(4);
      expect((await send(failing.server, "GET /fine")).text).toBe("fine");
    },
  );

  test("an error after the whole answer is the server's, also when the client has left by then", async () => {
    const bug = new TypeError("a bug");
    const failing = await startFailing(
      async (request, response) => {
        const closed = once(request.socket, "close");
        response.sendOk();
        await closed;
        throw bug;
      },
      { dispatch },
    );
    const stopped = new Promise((resolve) => failing.server.once("stopped", () => resolve(null)));
    expect((await send(failing.server, "GET /under-test")).status).toBe(200);
    await stopped;
    expect(failing.emitted).toEqual([bug]);
  });

  test("the error handler that fails because its client has left is no error of the server", async () => {
    const failing = await startFailing(() => Promise.reject(new RangeError("the first")), {
      dispatch,
      flags: 0,
    });
    const events = new EventEmitter();
    failing.server.onError(async (_error, request) => {
      events.emit("asked");
      await wait(60_000, undefined, { signal: request.signal }).finally(() => events.emit("aborted"));
    });
    const client = await RawClient.connect(failing.server);
    const asked = once(events, "asked");
    client.send(GET);
    await asked;
    const aborted = once(events, "aborted");
    client.socket.resetAndDestroy();
    await aborted;
    await nextTurn();
    expect(failing.emitted).toHaveLength(1);
    expect(visible(failing.lines).map(({ level }) => level)).toEqual(["error", "warn"]);
  });
});
