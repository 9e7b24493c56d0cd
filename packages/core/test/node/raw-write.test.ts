import { Socket } from "node:net";
import { constants } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { isHttpSocket, type StreamHandle, type WriteRequest } from "../../src/node/internals.ts";
import { createRawWriter, RawWriter, Written } from "../../src/node/raw-write.ts";
import { createCertificate } from "../_certificate.ts";
import { RawClient } from "../_raw.ts";
import { startServing, type TestServer } from "../direct/_serving.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

let server: TestServer | undefined;
afterEach(() => server?.stop());

/** Calls `act` with the socket of a request that gets no other answer, and returns the client. */
async function withSocket(act: (socket: Socket) => void, tls = false): Promise<RawClient> {
  const called = new Promise<void>((resolve, reject) => {
    const dispatch = ({ socket }: { readonly socket: Socket }): void => {
      try {
        act(socket);
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    void startServing(tls ? { tls: createCertificate() } : {}, dispatch).then(async (started) => {
      server = started;
      resolveClient((await RawClient.connect(started)).send(GET));
    }, reject);
  });
  let resolveClient = (_client: RawClient): void => {};
  const client = new Promise<RawClient>((resolve) => {
    resolveClient = resolve;
  });
  await called;
  return client;
}

/** The result of a raw write on a socket. */
function writeOn(socket: Socket, text = "hello"): number | null {
  if (!isHttpSocket(socket)) throw new Error("no socket of an HTTP server");
  return createRawWriter(socket, { complete: () => {} })?.write(text) ?? null;
}

describe("a write past the stream", () => {
  it("is done when the system takes all bytes, and counts as written", async () => {
    let bytesWritten = 0;
    const client = await withSocket((socket) => {
      expect(writeOn(socket)).toBe(Written.DONE);
      ({ bytesWritten } = socket);
    });
    await client.until(({ received }) => received.length === 5);
    expect([String(client.received), bytesWritten]).toEqual(["hello", 5]);
  });

  it("is pending when the system takes a part of the bytes", async () => {
    const client = await withSocket((socket) => {
      expect(writeOn(socket, "x".repeat(30_000_000))).toBe(Written.PENDING);
    });
    await client.until(({ received }) => received.length > 0);
    client.destroy();
  });

  it.each<[string, (socket: Socket) => unknown]>([
    ["with a wrapped write()", (socket) => Object.assign(socket, { write: () => true })],
    ["that is corked", (socket) => socket.cork()],
    ["with queued bytes", (socket) => socket.write("x".repeat(30_000_000))],
    ["that is destroyed", (socket) => socket.destroy()],
  ])("is refused on a socket %s", async (_name, act) => {
    const client = await withSocket((socket) => {
      if (!isHttpSocket(socket)) throw new Error("no socket of an HTTP server");
      const writer = createRawWriter(socket, { complete: () => {} });
      act(socket);
      expect(writer?.write("hello")).toBe(Written.REFUSED);
    });
    client.destroy();
  });

  it("is refused when the system refuses it", async () => {
    const client = await withSocket((socket) => {
      const handle: unknown = Reflect.get(socket, "_handle");
      if (typeof handle === "object" && handle !== null) Reflect.set(handle, "writeLatin1String", () => -32);
      expect(writeOn(socket)).toBe(Written.REFUSED);
    });
    client.destroy();
  });

  it("is not available over TLS, whose handle accepts bytes that it cannot write yet", async () => {
    const client = await withSocket((socket) => expect(writeOn(socket)).toBeNull(), true);
    client.destroy();
  });
});

describe("a handle that makes the write request itself", () => {
  /** A handle like that of Node 24.22, whose write methods return a request or a number. */
  function writerOn(result: number | WriteRequest, writeQueueSize = 0): [RawWriter, number[]] {
    const completed: number[] = [];
    const handle: StreamHandle = {
      writeQueueSize,
      bytesRead: 0,
      writeLatin1String: (request) => (request === null ? result : -1),
      writev: (request) => (request === null ? result : -1),
    };
    const socket = Object.assign(new Socket(), { parser: null, _httpMessage: null, _handle: handle });
    return [new RawWriter(socket, handle, null, { complete: (status) => completed.push(status) }), completed];
  }

  function requestWith(writeStatus: number | null): WriteRequest {
    return { handle: Object.create(null), oncomplete: () => {}, writeStatus };
  }

  it("is done when it gives 0, and refused when it gives an error", () => {
    expect(writerOn(0)[0].write("a")).toBe(Written.DONE);
    expect(writerOn(0)[0].writeBytes("a", Buffer.from("b"))).toBe(Written.DONE);
    expect(writerOn(-32)[0].write("a")).toBe(Written.REFUSED);
  });

  it("is pending when it gives a request, until that completes; the bytes are kept alive until then", async () => {
    const request = requestWith(null);
    const [writer, completed] = writerOn(request, 5);
    expect(writer.writeBytes("a", Buffer.from("b"))).toBe(Written.PENDING);
    expect(request.buffer).toEqual(["a", "latin1", Buffer.from("b"), "buffer"]);
    await Promise.resolve();
    expect(completed).toEqual([]);
    request.oncomplete(0);
    expect(completed).toEqual([0]);
  });

  it.each([
    ["was complete before it was given", 0, 0],
    ["has failed before it was given", -104, -104],
    ["keeps nothing", null, -constants.errno.EPIPE],
  ])("reports a request asynchronously that %s", async (_name, writeStatus, expected) => {
    const [writer, completed] = writerOn(requestWith(writeStatus));
    expect([writer.write("a"), completed]).toEqual([Written.PENDING, []]);
    await Promise.resolve();
    expect(completed).toEqual([expected]);
  });
});
