import { createServer, get, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bodyText } from "../../../body-text/src/index.ts";
import type { StreamBodyParser } from "../../src/body-parser.ts";
import type { Capability } from "../../src/capability.ts";
import type { ServingParts } from "../../src/connection/http-server.ts";
import { callbacksOf, type HttpParser, isHttpSocket } from "../../src/direct/internals.ts";
import { Way } from "../../src/direct/response.ts";
import { PacketronHandlerFlags } from "../../src/flags.ts";
import { PacketronRequestMethod } from "../../src/methods.ts";
import { Packetron } from "../../src/packetron.ts";
import type { PacketronRequest } from "../../src/request/request.ts";
import { RawClient } from "../_raw.ts";
import { collectLog } from "../_server.ts";
import { nextUncaught } from "../_uncaught.ts";
import { startServing, type TestServer } from "./_serving.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";

let server: TestServer | undefined;
afterEach(() => server?.stop());

function parserOf(socket: Socket): HttpParser {
  if (!isHttpSocket(socket) || socket.parser === null) throw new Error("no socket of an HTTP server");
  return socket.parser;
}

/** Where the parser has its callback for the end of a message. */
function indexOf(parser: HttpParser): number {
  return Number(Reflect.get(parser.constructor, "kOnMessageComplete"));
}

function callbackOf(parser: HttpParser): unknown {
  const callback = parser[indexOf(parser)];
  return typeof callback === "function" ? callback.name : callback;
}

/** Notes what becomes the parser's callback for the end of a message. */
function watchCallback(parser: HttpParser): string[] {
  const set: string[] = [];
  const index = indexOf(parser);
  let callback = parser[index];
  Object.defineProperty(parser, index, {
    configurable: true,
    get: () => callback,
    set(value: unknown) {
      set.push(typeof value === "function" ? value.name : String(value));
      callback = value;
    },
  });
  return set;
}

async function connect(dispatch: ServingParts["dispatch"]): Promise<RawClient> {
  server = await startServing({}, dispatch);
  return RawClient.connect({ port: server.port });
}

/** A server with a route for bodies that a capability reads, and one without. */
async function connectTo(
  capability: Capability = bodyText(),
  handler: (request: PacketronRequest) => void = () => {},
): Promise<RawClient> {
  const reader = new Packetron({
    port: 0,
    host: "127.0.0.1",
    maxThreads: 1,
    idleGrace: 0,
    dispatch: "direct",
    logger: collectLog().logger,
    capabilities: [capability],
  });
  reader.handle({
    routePath: "/",
    method: PacketronRequestMethod.POST,
    flags: capability.name === "drop" ? 1 << 20 : PacketronHandlerFlags.PLAIN_TEXT_BODY,
    handler: async (request, response) => {
      const body = await request.getBody();
      handler(request);
      response.sendTextPlain(`${body} ${request.complete}`);
    },
  });
  reader.handle({ routePath: "/", handler: (_request, response) => response.sendOk() });
  await reader.start();
  stopReader = () => reader.stop();
  return RawClient.connect({ port: reader.port });
}

let stopReader: (() => unknown) | undefined;
afterEach(async () => {
  await stopReader?.();
  stopReader = undefined;
});

describe("the parser of a direct connection", () => {
  it("does not call for the end of a request without a body, nor of one whose body is read", async () => {
    let seen: string[] | undefined;
    const client = await connectTo(bodyText(), (request) => {
      seen ??= watchCallback(parserOf(request.socket));
    });
    await client.send(POST).responses(1);
    expect(seen).toEqual([]);
    await client.send(GET).responses(2);
    await client.send(POST).responses(3);
    expect(seen).toEqual(["null", "parserOnMessageComplete", "null", "parserOnMessageComplete"]);
    client.destroy();
  });

  it("calls for the end of a request that is Node's", async () => {
    let seen: string[] | undefined;
    const client = await connect((request, response) => {
      seen ??= watchCallback(parserOf(request.socket));
      response.end();
    });
    await client.send(GET).responses(1);
    await client.send(GET).responses(2);
    expect(seen).toEqual([]);
    client.destroy();
  });

  it("is as Node had it in every handler, also in those behind another request of one read", async () => {
    const seen: unknown[] = [];
    const client = await connect((request, response) => {
      const parser = parserOf(request.socket);
      seen.push(callbackOf(parser));
      process.nextTick(() => seen.push(callbackOf(parser)));
      queueMicrotask(() => seen.push(callbackOf(parser)));
      response.sendOk();
    });
    await client.send(GET.repeat(3)).responses(3);
    expect(seen).toEqual(Array.from({ length: 9 }, () => "parserOnMessageComplete"));
    client.destroy();
  });

  it.each(["kOnMessageComplete", "kOnExecute"])(
    "keeps a %s that is not the one that is known",
    async (name) => {
      const ways: number[] = [];
      server = await startServing({}, (_request, response) => {
        ways.push(response.way);
        response.sendOk();
      });
      server.serving.server.on("connection", (socket: Socket) => {
        const parser = parserOf(socket);
        const index = Number(Reflect.get(parser.constructor, name));
        const original = parser[index];
        if (typeof original !== "function") throw new Error(`no ${name}`);
        parser[index] = (...parameters: unknown[]) => Reflect.apply(original, parser, parameters);
        expect(callbacksOf(parser)).toBeNull();
        socket.prependOnceListener("close", () => Reflect.set(parser, index, original)); // before Node gives it away
      });
      const client = await RawClient.connect({ port: server.port });
      await client.send(GET).responses(1);
      await client.send(GET + GET).responses(3);
      expect(ways).toEqual([Way.DIRECT, Way.DIRECT, Way.DIRECT]);
      client.destroy();
    },
  );
});

describe("a request", () => {
  it("is not complete in its handler, and is behind its read", async () => {
    const seen: unknown[] = [];
    const client = await connect((request, response) => {
      seen.push(request.complete);
      process.nextTick(() => seen.push(request.complete));
      response.sendOk();
    });
    await client.send(GET).responses(1);
    expect(seen).toEqual([false, true]);
    client.destroy();
  });

  it.each([
    ["in one piece", [POST]],
    ["behind its head", [POST.slice(0, -5), POST.slice(-5)]],
    ["byte by byte", [...POST]],
    ["with the next request", [POST + POST]],
    ["with half of the next request", [POST + POST.slice(0, 9), POST.slice(9)]],
    ["behind a GET", [GET + POST]],
  ])("with a body is answered when that comes %s", async (_name, pieces) => {
    const client = await connectTo();
    for (const piece of pieces) {
      const { bytesWritten } = client.socket;
      client.send(piece);
      await client.until(({ socket }) => socket.bytesWritten === bytesWritten + piece.length);
    }
    const count = pieces.join("").split("HTTP/1.1").length - 1;
    const responses = await client.responses(count);
    const posts = responses.filter(({ body }) => body.length > 0);
    expect(posts.map(({ body }) => String(body))).toEqual(posts.map(() => "hello true"));
    client.destroy();
  });

  it("is answered when a listener for the bytes has put Node's stream before the parser", async () => {
    let chunks = 0;
    const client = await connectTo(bodyText(), ({ socket }) => {
      if (socket.listenerCount("data") === 1) socket.on("data", () => chunks++);
    });
    await client.send(POST).responses(1);
    await client.send(POST).responses(2);
    await client.send(GET).responses(3);
    const responses = await client.send(POST).responses(4);
    expect(String(responses[3]?.body)).toBe("hello true");
    expect(chunks).toBeGreaterThan(0);
    client.destroy();
  });

  it("behind one that has paused the socket is answered, as Node does", async () => {
    const client = await connect((request, response) => {
      request.socket.pause();
      response.sendOk();
    });
    await client.send(GET).responses(1);
    await client.send(GET).responses(2);
    client.destroy();
  });

  it("and what is no request behind it in the same read get their answers in order", async () => {
    const client = await connect((_request, response) => response.sendTextPlain("fine"));
    const responses = await client.send(`${GET}NONSENSE\r\n\r\n`).responses(2);
    expect(responses.map(({ status }) => status)).toEqual([200, 400]);
  });
});

describe("a parser that a connection has left behind", () => {
  let other: Server;
  beforeEach(async () => {
    other = createServer((_request, response) => response.end("whole"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => other.close());

  /** Asks another server as soon as Node can give the parser of the socket to somebody else. */
  function askBehind(socket: Socket): Promise<string> {
    return new Promise((resolve, reject) => {
      socket.on("close", () => {
        const { port } = other.address() as AddressInfo;
        const request = get({ port, host: "127.0.0.1", agent: false }, (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => {
            text += String(chunk);
          });
          response.on("end", () => resolve(text));
        });
        request.on("error", reject);
      });
    });
  }

  it.each<[string, ServingParts["dispatch"]]>([
    ["the handler", ({ socket }) => socket.destroy()],
    ["a microtask", ({ socket }) => queueMicrotask(() => socket.destroy())],
    ["the handler behind its answer", ({ socket }, response) => [response.sendOk(), socket.destroy()]],
  ])("when %s ends it, serves a client", async (_name, dispatch) => {
    let answer: Promise<string> | undefined;
    const client = await connect((request, response) => {
      answer = askBehind(request.socket);
      dispatch(request, response);
    });
    await client.send(GET).until(({ closed }) => closed);
    expect(await answer).toBe("whole");
  });

  it("when an error behind the last byte, which nobody catches, ends the read of it, serves a client", async () => {
    let answer: Promise<string> | undefined;
    const parser: StreamBodyParser = {
      flag: 1 << 20,
      name: "DROP_BODY",
      mediaTypes: ["*/*"],
      form: "stream",
      open: (stream, { socket }) => {
        answer = askBehind(socket);
        stream.on("data", () => process.nextTick(throwMine));
        return new Promise(() => {});
      },
    };
    const client = await connectTo({
      name: "drop",
      install: (host) => {
        host.flag("handler", "DROP_BODY", parser.flag);
        host.bodyParser(parser);
      },
    });
    client.send(POST);
    expect(String(await nextUncaught())).toBe("Error: mine");
    client.destroy();
    expect(await answer).toBe("whole");
  });
});

function throwMine(): void {
  throw new Error("mine");
}
