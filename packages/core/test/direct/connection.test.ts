import { createServer, get, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StreamBodyParser } from "../../src/capability/body-parser.ts";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import type { PacketronRequest } from "../../src/message/request.ts";
import { nextUncaught } from "../_uncaught.ts";
import { connect, connectToReader, GET, POST } from "./_connect.ts";

function declareFiveBytes({ headers }: PacketronRequest): void {
  headers["content-length"] = "5";
}

describe("a request", () => {
  it("is not complete in its handler, and is complete after its read", async () => {
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
    ["after its head", [POST.slice(0, -5), POST.slice(-5)]],
    ["byte by byte", [...POST]],
    ["with the next request", [POST + POST]],
    ["with half of the next request", [POST + POST.slice(0, 9), POST.slice(9)]],
    ["after a GET", [GET + POST]],
  ])("with a body is answered when the body arrives %s", async (_name, pieces) => {
    const client = await connectToReader();
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

  it("is answered when a data listener on the socket makes Node read through its stream", async () => {
    let chunks = 0;
    const client = await connectToReader({
      after: ({ socket }) => {
        if (socket.listenerCount("data") === 1) socket.on("data", () => chunks++);
      },
    });
    await client.send(POST).responses(1);
    await client.send(POST).responses(2);
    await client.send(GET).responses(3);
    const responses = await client.send(POST).responses(4);
    expect(String(responses[3]?.body)).toBe("hello true");
    expect(chunks).toBeGreaterThan(0);
    client.destroy();
  });

  it("after one that has paused the socket is answered, as Node does", async () => {
    const client = await connect((request, response) => {
      request.socket.pause();
      response.sendOk();
    });
    await client.send(GET).responses(1);
    await client.send(GET).responses(2);
    client.destroy();
  });

  it.each([
    ["a shorter length", "Content-Length: 10\r\n\r\nhelloworld"],
    ["a length beside chunks", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n"],
  ])(
    "ends at the length that the client declared, also when a handler has changed its headers to %s",
    async (_name, rest) => {
      const client = await connectToReader({ before: declareFiveBytes });
      const [response] = await client.send(`POST / HTTP/1.1\r\nHost: x\r\n${rest}`).responses(1);
      expect(String(response?.body)).toBe("helloworld true");
      client.destroy();
    },
  );

  it("leaves no state in the next one, also when a handler has changed its headers", async () => {
    const seen: unknown[] = [];
    const client = await connectToReader({
      before: declareFiveBytes,
      after: ({ url }) => void seen.push(url),
    });
    const trailers = "5\r\nhello\r\n0\r\nX-User: admin\r\n\r\n";
    const head = "POST /?a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(`${head}${trailers}POST /?b HTT`);
    await client.responses(1);
    client.send("P/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    await client.responses(2);
    expect(seen).toEqual(["/?a", "/?b"]);
    client.destroy();
  });

  it("that is unanswered restarts the timeout of its socket with its last byte", async () => {
    let refreshed = 0;
    const client = await connect(({ socket }, response) => {
      socket.setTimeout(100_000);
      const refresh: unknown = Reflect.get(socket, "_unrefTimer");
      Reflect.set(socket, "_unrefTimer", () => {
        refreshed++;
        if (typeof refresh === "function") Reflect.apply(refresh, socket, []);
      });
      setImmediate(() => response.sendOk());
    });
    await client.send(GET).responses(1);
    expect(refreshed).toBeGreaterThan(0);
    client.destroy();
  });

  it("and malformed bytes after it in the same read get their answers in order", async () => {
    const client = await connect((_request, response) => response.sendTextPlain("fine"));
    const responses = await client.send(`${GET}NONSENSE\r\n\r\n`).responses(2);
    expect(responses.map(({ status }) => status)).toEqual([200, 400]);
  });
});

describe("a parser that a closed connection has released", () => {
  let other: Server;
  beforeEach(async () => {
    other = createServer((_request, response) => response.end("whole"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => other.close());

  /** Sends a request to another server as soon as Node can reuse the parser of the socket. */
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

  it.each<[string, HttpListenerParts["dispatch"]]>([
    ["the handler", ({ socket }) => socket.destroy()],
    ["a microtask", ({ socket }) => queueMicrotask(() => socket.destroy())],
    ["the handler after its answer", ({ socket }, response) => [response.sendOk(), socket.destroy()]],
  ])("that %s has released serves another client", async (_name, dispatch) => {
    let answer: Promise<string> | undefined;
    const client = await connect((request, response) => {
      answer = askBehind(request.socket);
      dispatch(request, response);
    });
    await client.send(GET).until(({ closed }) => closed);
    expect(await answer).toBe("whole");
  });

  it("that an uncaught exception after the last byte has released serves another client", async () => {
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
