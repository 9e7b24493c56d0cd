import { afterEach, describe, expect, it } from "vitest";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { coreError, PacketronError } from "../../src/errors/errors.ts";
import { failRequest, refuseSocket } from "../../src/message/fail.ts";
import { refuse } from "../../src/message/refusal.ts";
import { problem } from "../_problem.ts";
import { ask, exchange, RawClient } from "../_raw.ts";
import { startServing, type TestServer } from "../connection/_serving.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

let server: TestServer | undefined;
afterEach(() => server?.stop());

async function start(dispatch: HttpListenerParts["dispatch"]): Promise<TestServer> {
  server = await startServing({ lingerTimeout: 100 }, dispatch);
  return server;
}

describe("refuseSocket", () => {
  it("answers with a problem document, or with no body, and closes", async () => {
    const target = await start(({ socket, url }) =>
      refuseSocket(socket, 501, url === "/" ? "problem" : "none"),
    );
    const [response, ...more] = await exchange(target, GET);
    expect(more).toEqual([]);
    expect([response?.status, String(response?.body)]).toEqual([501, problem(501)]);
    const [bare] = await exchange(target, "GET /none HTTP/1.1\r\nHost: x\r\n\r\n");
    expect([bare?.status, bare?.headers.has("content-type"), String(bare?.body)]).toEqual([501, false, ""]);
  });
});

const frozen = Object.freeze(new PacketronError("PKT_BODY_INVALID", "secret", { status: 400 }));
const throwing = new Error("secret");
Object.defineProperty(throwing, "code", {
  get() {
    throw new Error("secret");
  },
});

const failures: readonly [name: string, error: unknown, status: number][] = [
  ["null", null, 500],
  ["undefined", undefined, 500],
  ["a string", "secret", 500],
  ["an error", new Error("secret"), 500],
  ["an error with a status of its own", Object.assign(new Error("secret"), { status: 404 }), 500],
  ["a Packetron error with a status", coreError("PKT_BODY_TOO_LARGE", { limit: 1 }), 413],
  ["a Packetron error without one", coreError("PKT_COOKIE_INVALID", { name: "a", problem: "secret" }), 500],
  ["a frozen Packetron error", frozen, 400],
  ["a status that is not an error", new PacketronError("PKT_X_Y", "secret", { status: 200 }), 500],
  ["a status out of range", new PacketronError("PKT_X_Y", "secret", { status: 1000 }), 500],
  ["a status that is not an integer", new PacketronError("PKT_X_Y", "secret", { status: 404.5 }), 500],
  ["an error whose properties throw", throwing, 500],
];

describe("failRequest", () => {
  it.each(failures)("answers %s with its status and nothing else", async (_name, error, status) => {
    const target = await start((request, response) => failRequest(error, request, response));
    const response = await ask(target, GET);
    expect([response.status, String(response.body)]).toEqual([status, problem(status)]);
    expect(JSON.stringify([...response.headers])).not.toContain("secret");
    expect(target.reported).toEqual(status >= 500 ? [error] : []);
  });

  it("logs nothing about a handler that continues after core has refused its request", async () => {
    const target = await start((request, response) => {
      refuse(response, 413);
      try {
        response.setHeader("X-Late", "1");
      } catch (error) {
        failRequest(error, request, response);
      }
    });
    expect((await ask(target, GET)).status).toBe(413);
    expect(target.reported).toEqual([]);
  });

  it("cuts an answer that has begun, so that the client sees an incomplete answer", async () => {
    const target = await start((request, response) => {
      response.write("part");
      setImmediate(() => failRequest(new Error("late"), request, response));
    });
    const client = await RawClient.connect(target);
    await client.send(GET).until(() => false);
    expect(String(client.received)).not.toContain("0\r\n\r\n");
    expect(target.reported).toHaveLength(1);
  });

  it("does not change a complete answer", async () => {
    const target = await start((request, response) => {
      response.end("whole");
      failRequest(new Error("late"), request, response);
    });
    const client = await RawClient.connect(target);
    const responses = await client.send(GET + GET).responses(2);
    expect(responses.map(({ body }) => String(body))).toEqual(["whole", "whole"]);
    expect(target.reported).toHaveLength(2);
    client.destroy();
  });
});
