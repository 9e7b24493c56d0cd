import { once } from "node:events";
import http from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import { ExchangeState } from "../../src/message/exchange.ts";
import { createDeferred } from "../../src/node/deferred.ts";
import { RawClient } from "../_raw.ts";
import { startServer } from "../_server.ts";
import { startServing, type TestServer } from "./_serving.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

let server: TestServer | undefined;
afterEach(() => server?.stop());

/** Sends two requests, the second after the answer to the first, and returns their bodies. */
async function twoBodies(
  dispatch: HttpListenerParts["dispatch"],
  between?: () => unknown,
): Promise<string[]> {
  server = await startServing({}, dispatch);
  const client = await RawClient.connect({ port: server.port });
  await client.send(GET).responses(1);
  await between?.();
  const responses = await client.send(GET).responses(2);
  client.destroy();
  return responses.map(({ body }) => String(body));
}

describe("a request of a direct exchange", () => {
  it("has ended after the answer: its destroy() does not close the connection", async () => {
    const late = createDeferred<void>();
    const bodies = await twoBodies(
      (request, response) => {
        response.sendTextPlain("ok");
        setImmediate(() => {
          request.destroy();
          late.resolve();
        });
      },
      () => late.promise,
    );
    expect(bodies).toEqual(["ok", "ok"]);
  });

  it.each([
    ["a Proxy", (request: http.IncomingMessage) => new Proxy(request, {})],
    ["an object made from it", (request: http.IncomingMessage) => Object.create(request)],
  ])("shows its headers through %s", async (_name, hide) => {
    const bodies = await twoBodies((request, response) => {
      const hidden: http.IncomingMessage = hide(request);
      response.sendTextPlain(String(hidden.headers.host));
    });
    expect(bodies).toEqual(["x", "x"]);
  });

  it.each([
    ["at once", (then: () => void) => then()],
    ["later", (then: () => void) => void setImmediate(then)],
  ])(
    "may get another prototype together with its response %s, as Express sets them",
    async (_name, schedule) => {
      const bodies = await twoBodies((request, response) => {
        schedule(() => {
          Object.setPrototypeOf(request, Object.create(http.IncomingMessage.prototype));
          Object.setPrototypeOf(response, Object.create(http.ServerResponse.prototype));
          response.end("theirs");
        });
      });
      expect(bodies).toEqual(["theirs", "theirs"]);
      const { load } = server?.serving ?? {};
      server?.serving.destroy();
      await server?.serving.drain(0);
      expect(load).toEqual({ connections: 0, upgraded: 0, inFlight: 0, requests: 2 });
    },
  );

  it.each([
    ["a length", "Content-Length: 4\r\n\r\nbody"],
    ["chunks", "Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"],
  ])("stays direct when its body, with %s, has arrived before it is read", async (_name, rest) => {
    const states: number[] = [];
    const { server: packetron } = await startServer(
      (made) =>
        made.handle({
          method: PacketronRequestMethod.POST,
          routePath: "/",
          flags: PacketronHandlerFlags.RAW_BODY,
          handler: async (request, response) => {
            await new Promise(setImmediate);
            const body = await request.getRawBody();
            states.push(response.state);
            response.sendTextPlain(String(body));
          },
        }),
      { dispatch: "direct" },
    );
    const client = await RawClient.connect({ port: Number(packetron.port) });
    const post = `POST / HTTP/1.1\r\nHost: x\r\n${rest}`;
    await client.send(post).responses(1);
    const responses = await client.send(post).responses(2);
    expect(responses.map(({ body }) => String(body))).toEqual(["body", "body"]);
    expect(states).toEqual([ExchangeState.OPEN, ExchangeState.OPEN]);
    client.destroy();
  });

  it.each(["direct", "standard"] as const)(
    "aborts its signal when the client leaves with an answer half read, %s",
    async (dispatch) => {
      const aborted = createDeferred<void>();
      const asked = createDeferred<void>();
      server = await startServing({ dispatch }, (request, response) => {
        request.response = response;
        request.signal.addEventListener("abort", () => aborted.resolve());
        response.sendTextPlain("x".repeat(30_000_000));
        asked.resolve();
      });
      const client = connect(server.port, "127.0.0.1").pause();
      await once(client, "connect");
      client.write(GET);
      await asked.promise;
      client.destroy();
      await aborted.promise;
    },
  );
});
