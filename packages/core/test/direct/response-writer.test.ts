import type { Socket } from "node:net";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import type { PacketronResponse } from "../../src/message/response.ts";
import { createCertificate } from "../_certificate.ts";
import { RawClient } from "../_raw.ts";
import { handleAtOnce } from "../_turns.ts";
import { startServing, type TestServer } from "./_serving.ts";

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const paths = Array.from({ length: 16 }, (_, index) => `/${index}`);

let server: TestServer | undefined;
afterEach(() => server?.stop());

/** Counts what is written on the handle of a socket. */
function countWrites(socket: Socket): { count: number } {
  const writes = { count: 0 };
  const handle: unknown = Reflect.get(socket, "_handle");
  if (typeof handle !== "object" || handle === null) throw new Error("a socket without a handle");
  for (const name of ["writeLatin1String", "writeUtf8String", "writeAsciiString", "writeBuffer", "writev"]) {
    const original: unknown = Reflect.get(handle, name);
    if (typeof original !== "function") throw new Error(`a handle without ${name}`);
    Reflect.set(handle, name, (...parameters: unknown[]) => {
      writes.count++;
      return Reflect.apply(original, handle, parameters);
    });
  }
  return writes;
}

beforeAll(handleAtOnce);

describe("the answers to requests of one read", () => {
  it("are flushed in at most two writes, in order", async () => {
    let writes: { count: number } | undefined;
    server = await startServing({}, (request, response) => {
      writes ??= countWrites(request.socket);
      response.sendTextPlain(request.url ?? "");
    });
    const client = await RawClient.connect({ port: server.port });
    const responses = await client.send(paths.map(GET).join("")).responses(16);
    expect(responses.map(({ body }) => String(body))).toEqual(paths);
    expect(writes?.count).toBeLessThanOrEqual(2);
    client.destroy();
  });

  it("are flushed before the end of a socket that the handler ends after one of them", async () => {
    server = await startServing({}, (request, response) => {
      response.sendTextPlain(request.url ?? "");
      if (request.url === "/last") request.socket.end();
    });
    const client = await RawClient.connect({ port: server.port });
    await client.send(paths.map(GET).join("")).responses(16);
    const responses = await client.send(GET("/last")).responses(17);
    expect(String(responses[16]?.body)).toBe("/last");
    client.destroy();
  });

  const kinds: [string, HttpListenerParts["dispatch"]][] = [
    ["text", (request, response) => response.sendTextPlain(request.url ?? "")],
    ["text beyond ASCII", (request, response) => response.sendTextPlain(`ü${request.url}`)],
    ["bytes", (request, response) => response.send(Buffer.from(request.url ?? ""))],
    ["many bytes", (request, response) => response.send(Buffer.alloc(100_000, request.url ?? ""))],
    ["much text", (request, response) => response.sendTextPlain(`${request.url}`.repeat(50_000))],
    ["a head beyond ASCII", (request, response) => latin1(response).sendTextPlain(request.url ?? "")],
    ["such a head and bytes", (request, response) => latin1(response).send(Buffer.from(request.url ?? ""))],
    ["such a head and no body", (_request, response) => latin1(response).sendOk()],
    ["Node's end()", (request, response) => response.end(request.url)],
    ["an answer in a later turn", (request, response) => later(() => response.send(request.url))],
    ["a stream", (request, response) => stream(response, request.url)],
  ];

  it.each([false, true])("of any kind are complete and in order, TLS: %s", async (tls) => {
    const dispatch: HttpListenerParts["dispatch"] = (request, response) => {
      response.setHeader("X-Url", request.url ?? "");
      kinds[Number(request.url?.slice(1)) % kinds.length]?.[1](request, response);
    };
    server = await startServing(tls ? { tls: createCertificate() } : {}, dispatch);
    const client = await RawClient.connect(server);
    // Each kind follows each other kind once.
    const order = kinds.flatMap((_, first) => kinds.flatMap((__, second) => [`/${first}`, `/${second}`]));
    const responses = await client.send(order.map(GET).join("")).responses(order.length);
    expect(responses.map(({ headers }) => headers.get("x-url")?.[0])).toEqual(order);
    expect(responses.every(({ status }) => status === 200)).toBe(true);
    expect(server.serving.load).toEqual({ connections: 1, upgraded: 0, inFlight: 0, requests: order.length });
    client.destroy();
  });
});

describe("a client that never reads", () => {
  it("is no longer read from once its answers are queued", async () => {
    let answered = 0;
    server = await startServing({}, (_request, response) => {
      answered++;
      response.sendTextPlain("x".repeat(10_000));
    });
    const client = await RawClient.connect({ port: server.port });
    client.socket.pause();
    const total = 50_000;
    client.send(GET("/").repeat(total));
    let before = -1;
    while (before !== answered || answered === 0) {
      before = answered;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(answered).toBeLessThan(total / 2);
    client.destroy();
  });
});

function latin1(response: PacketronResponse): PacketronResponse {
  return response.setHeader("X-Name", "é");
}

function stream(response: PacketronResponse, text = ""): void {
  response.write("a");
  later(() => response.end(text));
}

function later(act: () => unknown): void {
  setImmediate(act);
}
