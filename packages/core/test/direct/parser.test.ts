/** What becomes of Node's parser, which spares direct requests a call at their end. */
import { createServer, get, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { StreamBodyParser } from "../../src/capability/body-parser.ts";
import type { ServingParts } from "../../src/connection/http-server.ts";
import { Way } from "../../src/direct/response.ts";
import { callbacksOf, type HttpParser } from "../../src/node/internals.ts";
import { RawClient } from "../_raw.ts";
import { nextUncaught } from "../_uncaught.ts";
import { connect, connectToReader, GET, indexOf, POST, parserOf } from "./_connect.ts";
import { startServing } from "./_serving.ts";

function callbackOf(parser: HttpParser): unknown {
  const callback = parser[indexOf(parser, "kOnMessageComplete")];
  return typeof callback === "function" ? callback.name : callback;
}

/** Notes what becomes the parser's callback for the end of a message. */
function watchCallback(parser: HttpParser): string[] {
  const set: string[] = [];
  const index = indexOf(parser, "kOnMessageComplete");
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

describe("the parser of a direct connection", () => {
  it("does not call for the end of a request without a body, nor of one whose body is read", async () => {
    let seen: string[] | undefined;
    const client = await connectToReader({
      behind: ({ socket }) => {
        seen ??= watchCallback(parserOf(socket));
      },
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
      const server = await startServing({}, (_request, response) => {
        ways.push(response.way);
        response.sendOk();
      });
      onTestFinished(() => server.stop());
      server.serving.server.on("connection", (socket: Socket) => {
        const parser = parserOf(socket);
        const index = indexOf(parser, name);
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
    const client = await connectToReader({
      flags: parser.flag,
      capability: {
        name: "drop",
        install: (host) => {
          host.flag("handler", "DROP_BODY", parser.flag);
          host.bodyParser(parser);
        },
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
