import { once } from "node:events";
import type { Socket } from "node:net";
import { finished } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { ExchangeState } from "../../src/message/exchange.ts";
import { refuse } from "../../src/message/refusal.ts";
import type { PacketronResponse } from "../../src/message/response.ts";
import { RawClient } from "../_raw.ts";
import { startServer } from "../_server.ts";
import { startServing, type TestServer } from "./_serving.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

let server: TestServer | undefined;
afterEach(() => server?.stop());

/** Answers a request directly, and returns the response a turn later. */
async function answered(): Promise<PacketronResponse> {
  const responses: PacketronResponse[] = [];
  server = await startServing({}, (_request, response) => {
    responses.push(response);
    response.sendTextPlain("ok");
  });
  const client = await RawClient.connect({ port: server.port });
  await client.send(GET).responses(1);
  const [response] = responses;
  if (response === undefined) throw new Error("nothing was dispatched");
  return response;
}

describe("a direct answer", () => {
  it("has the properties of a finished response", async () => {
    const { headersSent, writableEnded, writableFinished, closed, destroyed, socket } = await answered();
    expect({ headersSent, writableEnded, writableFinished, closed, destroyed, socket }).toEqual({
      headersSent: true,
      writableEnded: true,
      writableFinished: true,
      closed: true,
      destroyed: true,
      socket: null,
    });
  });

  it.each(["finish", "close"])("emits %s once to a late listener", async (event) => {
    const response = await answered();
    let called = 0;
    response.on(event, () => called++);
    await once(response, "close");
    await new Promise(setImmediate);
    expect(called).toBe(1);
  });

  it("lets a late finished() succeed", async () => {
    const response = await answered();
    const error = await new Promise((resolve) => finished(response, resolve));
    expect(error).toBeUndefined();
  });

  it("shows the headers that were added when it was sent", async () => {
    const response = await answered();
    expect(response.getHeaders()).toEqual({
      "content-type": "text/plain; charset=utf-8",
      "content-length": 2,
    });
  });

  it.each<[string, (response: PacketronResponse) => unknown]>([
    ["write()", (response) => response.write("late")],
    ["end()", (response) => response.end("late")],
    ["sendOk()", (response) => response.sendOk()],
  ])("causes a warning when %s follows it, and the connection stays open", async (_name, act) => {
    const { server: packetron, lines } = await startServer((made) =>
      made.handle({
        routePath: "/",
        handler: (_request, response) => {
          response.sendTextPlain("ok");
          act(response);
        },
      }),
    );
    const client = await RawClient.connect({ port: Number(packetron.port) });
    await client.send(GET).responses(1);
    const responses = await client.send(GET).responses(2);
    expect(responses.map(({ body }) => String(body))).toEqual(["ok", "ok"]);
    expect(lines[0]?.message).toBe("a second answer was ignored");
    client.destroy();
  });

  it.each<[string, (response: PacketronResponse) => void]>([
    ["sendJson() with a status", (response) => response.sendJson({}, 201)],
    ["sendHtml() with a status", (response) => response.sendHtml("", 201)],
    ["sendTextPlain() with a status", (response) => response.sendTextPlain("", 404)],
    ["send() with a status", (response) => response.send("", 503)],
    ["redirect()", (response) => response.redirect("/größe")],
    ["a refusal", (response) => refuse(response, 405, { Allow: "GET" })],
    [
      "an answer after host, protocol and isSecure were read",
      (response) => {
        const { host, protocol, isSecure } = response.req;
        response.sendJson([host, protocol, isSecure]);
      },
    ],
  ])("is what %s sends", async (_name, send) => {
    const states: number[] = [];
    const { server: packetron } = await startServer(
      (made) =>
        made.handle({
          routePath: "/",
          handler: (_request, response) => {
            send(response);
            states.push(response.state);
          },
        }),
      { dispatch: "direct" },
    );
    const client = await RawClient.connect(packetron);
    await client.send(GET).responses(1);
    client.destroy();
    expect(states).toEqual([ExchangeState.FLUSHED]);
  });

  it("does not begin once the socket is destroyed", async () => {
    server = await startServing({}, (request, response) => {
      request.socket.destroy();
      response.sendTextPlain("ok");
    });
    const client = await RawClient.connect({ port: server.port });
    expect(await client.send(GET).untilClose()).toEqual([]);
    await server.serving.drain(0);
    expect(server.serving.load?.inFlight).toBe(0);
  });
});

describe("an idle connection", () => {
  it("holds neither request nor response", async () => {
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    if (typeof collect !== "function") throw new Error("gc() is not exposed");
    const held: WeakRef<object>[] = [];
    const sockets: Socket[] = [];
    server = await startServing({}, (request, response) => {
      sockets.push(request.socket);
      held.push(new WeakRef(request), new WeakRef(response));
      response.sendTextPlain("ok");
    });
    const client = await RawClient.connect({ port: server.port });
    await client.send(GET).responses(1);
    for (let round = 0; round < 50 && held.some((ref) => ref.deref() !== undefined); round++) {
      await new Promise((resolve) => setTimeout(resolve, 10)); // a dereferenced WeakRef keeps its target until the turn ends
      collect();
    }
    expect(held.map((ref) => ref.deref())).toEqual([undefined, undefined]);
    expect(sockets[0]?.destroyed).toBe(false);
    client.destroy();
  });
});
