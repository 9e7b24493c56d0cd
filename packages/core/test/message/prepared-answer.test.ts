import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { prepareAnswer, field as readField } from "../../src/capability/index.ts";
import type { Packetron, PacketronRequest, PacketronResponse } from "../../src/index.ts";
import { GateOrder } from "../../src/index.ts";
import { field, parseResponses, RawClient } from "../_raw.ts";
import { startServer } from "../_server.ts";

const BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const LARGE = Buffer.alloc(100_000, BYTES);

/** Starts a server with one handler for every request. */
async function start(
  dispatch: "direct" | "standard",
  makeHandler: () => (request: PacketronRequest, response: PacketronResponse) => void,
): Promise<Packetron> {
  const { server } = await startServer(undefined, {
    dispatch,
    capabilities: [
      {
        name: "prepared",
        install(host) {
          const handler = makeHandler();
          host.gate(GateOrder.EARLY, (request, response) => {
            handler(request, response);
            return true;
          });
        },
      },
    ],
  });
  return server;
}

async function open(server: Packetron): Promise<RawClient> {
  const client = await RawClient.connect({ port: server.port });
  onTestFinished(() => client.destroy());
  return client;
}

function requestOf(method: string, path = "/"): string {
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}

/** Counts the write calls to the system on a connection. */
function countWrites(socket: Socket): () => number {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (typeof handle !== "object" || handle === null) throw new Error("a socket without a handle");
  let writes = 0;
  for (const name of ["writev", "writeBuffer", "writeUtf8String", "writeAsciiString", "writeLatin1String"]) {
    const write: unknown = Reflect.get(handle, name);
    if (typeof write !== "function") throw new Error(`a handle without ${name}()`);
    Reflect.set(handle, name, (...parameters: unknown[]) => {
      writes++;
      return Reflect.apply(write, handle, parameters);
    });
  }
  return () => writes;
}

describe.each(["direct", "standard"] as const)("a prepared answer, %s dispatch", (dispatch) => {
  test.each([
    ["small", BYTES],
    ["large", LARGE],
    ["empty", null],
  ])("is sent whole when it is %s, and without its body to HEAD", async (_, body) => {
    const server = await start(dispatch, () => {
      const send = prepareAnswer({ status: 203, headers: { "Content-Type": "a/b", ETag: '"1"' }, body });
      return (_request, response) => send(response);
    });
    const client = await open(server);
    const methods = ["GET", "HEAD", "GET"];
    const answers = await client
      .send(methods.map((method) => requestOf(method)).join(""))
      .responses(3, methods);
    expect(answers.map(({ status }) => status)).toEqual([203, 203, 203]);
    for (const answer of answers) {
      expect(field(answer, "content-type")).toBe("a/b");
      expect(field(answer, "etag")).toBe('"1"');
      expect(field(answer, "content-length")).toBe(String(body?.length ?? 0));
      expect(field(answer, "date")).toMatch(/ GMT$/);
    }
    const whole = body ?? Buffer.alloc(0);
    expect(answers.map((answer) => answer.body.equals(whole))).toEqual([true, whole.length === 0, true]);
  });

  test.each([304, 204])("with status %i has neither length nor body", async (status) => {
    const server = await start(dispatch, () => {
      const send = prepareAnswer({ status, headers: { ETag: '"1"' }, body: null });
      return (_request, response) => send(response);
    });
    const [answer] = await (await open(server)).send(requestOf("GET")).responses(1);
    expect(answer).toMatchObject({ status });
    expect(answer && field(answer, "content-length")).toBeUndefined();
    expect(answer && field(answer, "etag")).toBe('"1"');
  });

  test("keeps headers that are already set, and shows its own afterwards", async () => {
    const seen: unknown[] = [];
    const server = await start(dispatch, () => {
      const send = prepareAnswer({ status: 200, headers: { ETag: '"1"', "X-A": "a" }, body: BYTES });
      return (request, response) => {
        if (request.url === "/set") response.setHeader("x-a", "mine").setHeader("Set-Cookie", ["a=1", "b=2"]);
        send(response);
        seen.push([response.headersSent, response.statusCode, { ...response.getHeaders() }]);
      };
    });
    const client = await open(server);
    const [set, plain] = await client.send(requestOf("GET", "/set") + requestOf("GET")).responses(2);
    expect(set && field(set, "x-a")).toBe("mine");
    expect(set && field(set, "etag")).toBe('"1"');
    expect(plain && field(plain, "x-a")).toBe("a");
    const own = { etag: '"1"', "content-length": 256 };
    expect(seen).toEqual([
      [true, 200, { ...own, "x-a": "mine", "set-cookie": ["a=1", "b=2"] }],
      [true, 200, { ...own, "x-a": "a" }],
    ]);
  });

  test("refuses a list that was changed into one with a line break", async () => {
    const thrown: unknown[] = [];
    const server = await start(dispatch, () => {
      const send = prepareAnswer({ status: 200, headers: { ETag: '"1"' }, body: BYTES });
      return (_request, response) => {
        const list = ["a"];
        response.setHeader("X-List", list);
        list.push("b\r\nX-Injected: 1");
        try {
          send(response);
        } catch (error) {
          thrown.push(error);
          response.removeHeader("X-List");
          response.sendOk();
        }
      };
    });
    const [answer] = await (await open(server)).send(requestOf("GET")).responses(1);
    expect(thrown).toEqual([expect.objectContaining({ code: "ERR_INVALID_CHAR" })]);
    expect(answer && field(answer, "x-injected")).toBeUndefined();
    expect(answer && field(answer, "etag")).toBeUndefined();
  });

  test("passes through a wrapped end()", async () => {
    let ends = 0;
    const server = await start(dispatch, () => {
      const send = prepareAnswer({ status: 200, headers: {}, body: BYTES });
      return (_request, response) => {
        const { end } = response;
        response.end = (...parameters: unknown[]) => {
          ends++;
          return Reflect.apply(end, response, parameters);
        };
        send(response);
      };
    });
    const [answer] = await (await open(server)).send(requestOf("GET")).responses(1);
    expect(answer?.body.equals(BYTES)).toBe(true);
    expect(ends).toBe(1);
  });

  test("keeps its bytes between texts of other encodings in a pipeline", async () => {
    const server = await start(dispatch, () => {
      const send = prepareAnswer({ status: 200, headers: {}, body: BYTES });
      return (request, response) => {
        if (request.url === "/text") response.sendTextPlain("größer €");
        else if (request.url === "/ascii") response.sendTextPlain("plain");
        else send(response);
      };
    });
    const paths = ["/", "/", "/text", "/", "/ascii", "/", "/text", "/ascii", "/"];
    const client = await open(server);
    const answers = await client
      .send(paths.map((path) => requestOf("GET", path)).join(""))
      .responses(paths.length);
    const bodies = { "/": BYTES, "/text": Buffer.from("größer €"), "/ascii": Buffer.from("plain") };
    expect(answers.map(({ body }) => body.toString("hex"))).toEqual(
      paths.map((path) => Reflect.get(bodies, path).toString("hex")),
    );
  });

  test("pauses for a client that does not read, and sends every byte once it reads", async () => {
    let onBuffered = (): void => {};
    const asked = new Promise<void>((resolve) => {
      onBuffered = resolve;
    });
    const server = await start(dispatch, () => {
      const send = prepareAnswer({ status: 200, headers: {}, body: LARGE });
      return (_request, response) => {
        send(response);
        onBuffered();
      };
    });
    const socket = connect({ host: "127.0.0.1", port: server.port }).pause();
    onTestFinished(() => void socket.destroy());
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk)).pause();
    const count = 100; // more than the buffers of the system hold
    const last = requestOf("GET").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    socket.write(requestOf("GET").repeat(count - 1) + last);
    await asked;
    socket.resume();
    await once(socket, "close");
    const { responses } = parseResponses(Buffer.concat(chunks));
    expect(responses.map(({ body }) => body.equals(LARGE))).toEqual(Array(count).fill(true));
  });
});

test.each([
  ["small", BYTES],
  ["large", LARGE],
])("a prepared answer that is %s is sent in one write", async (_, body) => {
  let writes: (() => number) | undefined;
  const server = await start("direct", () => {
    const send = prepareAnswer({ status: 200, headers: {}, body });
    return (request, response) => {
      writes ??= countWrites(request.socket);
      send(response);
    };
  });
  const client = await open(server);
  for (const count of [1, 2, 3]) {
    await client.send(requestOf("GET")).responses(count);
    expect(writes?.()).toBe(count);
  }
});

describe("prepareAnswer()", () => {
  test.each([
    ["a status", { status: 20.5, headers: {}, body: null }, "PKT_RESPONSE_STATUS"],
    ["a name", { status: 200, headers: { "a b": "1" }, body: null }, "ERR_INVALID_HTTP_TOKEN"],
    ["a value", { status: 200, headers: { a: "1\r\nb: 2" }, body: null }, "ERR_INVALID_CHAR"],
    [
      "a length of its own",
      { status: 200, headers: { "content-length": "1" }, body: null },
      "PKT_OPTION_INVALID",
    ],
    ["a connection", { status: 200, headers: { Connection: "close" }, body: null }, "PKT_OPTION_INVALID"],
  ])("refuses %s that would break the answer", (_, parts, code) => {
    expect(() => prepareAnswer(parts)).toThrow(expect.objectContaining({ code }));
  });
});

test("field() gives the same value as request.headers, in either order of use", async () => {
  const seen: unknown[] = [];
  const server = await start("direct", () => (request, response) => {
    if (request.url === "/changed") delete request.headers["if-none-match"];
    for (const name of ["if-none-match", "accept", "cookie", "host", "none"]) {
      const before = readField(request, name);
      seen.push(before === request.headers[name] ? "same" : [name, before, request.headers[name]]);
    }
    response.sendOk();
  });
  const client = await open(server);
  const fields = 'If-None-Match: "a"\r\nAccept: a/b\r\naccept: c/d\r\nCookie: a=1\r\nCookie: b=2\r\n';
  for (const path of ["/", "/changed"])
    client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`);
  await client.responses(2);
  expect(seen).toEqual(Array(10).fill("same"));
});
