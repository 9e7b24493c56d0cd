import { describe, expect, test } from "vitest";
import type { PacketronResponse } from "../../src/message/response.ts";
import { problem } from "../_problem.ts";
import { field, RawClient } from "../_raw.ts";
import { answerOf, pipelined, startAnswering, type TestHandler } from "./_answering.ts";

/** Calls a method without type checks, like JavaScript. */
function call(
  response: PacketronResponse,
  method: "send" | "sendJson" | "sendStatusCode",
  ...values: unknown[]
): void {
  Reflect.apply(response[method], response, values);
}

describe("answers without content", () => {
  test.each([204, 304])("%i has no body and no length, with every sender", async (status) => {
    const senders: TestHandler[] = [
      (response) => response.sendStatusCode(status),
      (response) => {
        response.statusCode = status;
        response.sendJson({ a: 1 });
      },
      (response) => {
        response.statusCode = status;
        response.setHeader("Content-Length", 5);
        response.setHeader("Transfer-Encoding", "chunked");
        response.sendTextPlain("12345");
      },
    ];
    for (const handler of senders) {
      const { response, head } = await answerOf(handler);
      expect(response.status).toBe(status);
      expect(head).not.toMatch(/content-length|transfer-encoding|content-type/i);
    }
  });

  test("205 has no body, and a Content-Length of 0", async () => {
    const { response } = await answerOf((given) => {
      given.statusCode = 205;
      given.sendTextPlain("reset");
    });
    expect([response.status, field(response, "Content-Length"), response.body.length]).toEqual([205, "0", 0]);
  });

  test("a connection stays open after 204, 304 and HEAD answers", async () => {
    const statuses = [204, 304, 200];
    const answering = await startAnswering((response) => {
      response.statusCode = statuses.shift() ?? 200;
      response.sendTextPlain("text");
    });
    const requests = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3);
    const responses = await pipelined(answering, requests, 3);
    expect(responses.map(({ status, body }) => [status, body.toString()])).toEqual([
      [204, ""],
      [304, ""],
      [200, "text"],
    ]);
  });

  test.each([100, 102, 199])(
    "%i closes the connection: the next answer would be taken for this one",
    async (status) => {
      const statuses = [status, 200];
      const answering = await startAnswering((response) => response.sendStatusCode(statuses.shift() ?? 200));
      const client = await RawClient.connect(answering);
      await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2)).until(() => false);
      const text = client.received.toString("latin1");
      expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} .*\r\n`));
      expect(text).toMatch(/Connection: close\r\n/);
      expect(text.match(/HTTP\/1.1/g)).toHaveLength(1);
    },
  );

  test.each<[string, TestHandler]>([
    ["sendJson", (response) => response.sendJson({ a: "é" })],
    ["sendHtml", (response) => response.sendHtml("<p>")],
    ["send of bytes", (response) => response.send(Buffer.alloc(1000))],
    ["sendOk", (response) => response.sendOk()],
    ["sendStatusCode", (response) => response.sendStatusCode(404)],
    ["send after writeHead", (response) => response.writeHead(200, { "Content-Length": 1 }).send("x")],
  ])("HEAD gets the head that GET gets, and no body: %s", async (_name, handler) => {
    const get = await answerOf(handler);
    const head = await answerOf(handler, "HEAD");
    const withoutDate = (text: string): string => text.replace(/Date: .*\r\n/, "");
    expect(withoutDate(head.head)).toBe(withoutDate(get.head));
    expect(head.response.body.length).toBe(0);
  });

  test("a HEAD handler may set Content-Length without a body", async () => {
    const { response } = await answerOf((given) => {
      given.setHeader("Content-Length", 12_345);
      given.sendOk();
    }, "HEAD");
    expect(field(response, "Content-Length")).toBe("12345");
  });

  test("a HEAD handler may say that the answer to GET is a stream", async () => {
    const { response } = await answerOf((given) => {
      given.setHeader("Transfer-Encoding", "chunked");
      given.sendOk();
    }, "HEAD");
    expect([field(response, "Transfer-Encoding"), field(response, "Content-Length")]).toEqual([
      "chunked",
      undefined,
    ]);
  });
});

describe("what cannot be sent", () => {
  test.each([
    99,
    1000,
    0,
    -1,
    200.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "abc",
    "404",
    null,
    undefined,
    {},
  ])("the status %o throws a RangeError and nothing is sent", async (status) => {
    const own = await answerOf((response) => call(response, "sendStatusCode", status));
    const before = await answerOf((response) => {
      Reflect.set(response, "statusCode", status);
      response.sendJson({});
    });
    for (const { response, thrown } of [own, before]) {
      expect(response.status).toBe(500);
      expect(thrown).toEqual([expect.any(RangeError)]);
      expect(thrown).toEqual([expect.objectContaining({ code: "PKT_RESPONSE_STATUS" })]);
    }
  });

  test.each([100, 103, 200, 299, 418, 599, 999])("the status %i is sent", async (status) => {
    const answering = await startAnswering((response) => response.sendStatusCode(status));
    const [response] = await pipelined(
      answering,
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      1,
    );
    expect(response?.status).toBe(status);
    expect(response?.headers.get("content-length")).toEqual(status < 200 ? undefined : ["0"]);
  });

  test.each(["a\r\nX-Evil: 1", "a\nb", "a\0b", "日"])(
    "the text %j in a reason phrase or a header value throws",
    async (text) => {
      const phrase = await answerOf((response) => {
        response.statusMessage = text;
        response.sendJson({});
      });
      const value = await answerOf((response) => {
        response.setHeader("X-Mine", text);
        response.sendJson({});
      });
      for (const { response, head, thrown } of [phrase, value]) {
        expect(response.status).toBe(500);
        expect(head).not.toContain("X-Evil");
        expect(thrown).toEqual([expect.objectContaining({ code: "ERR_INVALID_CHAR" })]);
      }
    },
  );

  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  const failing = {
    toJSON() {
      throw new Error("secret");
    },
  };

  function throwNull(): never {
    throw null;
  }

  test.each<[string, unknown, RegExp]>([
    ["a cycle", circular, /circular/],
    ["a BigInt", { a: 1n }, /BigInt/],
    ["a toJSON that throws", failing, /secret/],
    ["a toJSON that throws null", { toJSON: throwNull }, /null/],
  ])("%s is a 500 that reveals nothing, and does not throw", async (_name, value, reason) => {
    for (const method of ["sendJson", "send"] as const) {
      const answer = await answerOf((response) => {
        response.statusCode = 201;
        response.setHeader("ETag", '"1"');
        call(response, method, value);
      });
      expect([answer.response.status, answer.text, field(answer.response, "ETag")]).toEqual([
        500,
        problem(500),
        undefined,
      ]);
      expect(answer.thrown).toEqual([]);
      expect(answer.reported).toEqual([
        expect.objectContaining({
          code: "PKT_RESPONSE_NOT_SERIALIZABLE",
          message: expect.stringMatching(reason),
        }),
      ]);
    }
  });

  test("nesting of 100,000 levels is a 500, or the JSON if the runtime can make it", async () => {
    let value: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) value = [value];
    const { response, text } = await answerOf((given) => given.sendJson(value));
    const whole = text === `${"[".repeat(100_000)}1${"]".repeat(100_000)}`;
    expect(response.status === 500 || (response.status === 200 && whole)).toBe(true);
  });

  test("a value without JSON in the callback of a timer does not end the process", async () => {
    const { response, reported } = await answerOf(
      (given) => void setTimeout(() => given.sendJson(circular), 1),
    );
    expect([response.status, reported.length]).toEqual([500, 1]);
  });
});
