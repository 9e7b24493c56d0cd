import { describe, expect, test } from "vitest";
import { errorCode } from "../../src/errors/narrow.ts";
import type { PacketronResponse } from "../../src/message/response.ts";
import { field } from "../_raw.ts";
import { answerOf, type TestHandler } from "./_answering.ts";

const JSON_TYPE = "application/json; charset=utf-8";
const TEXT_TYPE = "text/plain; charset=utf-8";

/** Calls a method without type checks, like JavaScript. */
function call(response: PacketronResponse, method: "send" | "sendTextPlain", ...values: unknown[]): void {
  Reflect.apply(response[method], response, values);
}

describe("what is sent", () => {
  test.each<[string, TestHandler, string | undefined, string]>([
    ["sendJson(object)", (response) => response.sendJson({ a: "é" }), JSON_TYPE, '{"a":"é"}'],
    ["sendJson(undefined)", (response) => response.sendJson(undefined), JSON_TYPE, "null"],
    ["sendJson(function)", (response) => response.sendJson(() => 1), JSON_TYPE, "null"],
    [
      "sendJson(a toJSON that gives nothing)",
      (response) => response.sendJson({ toJSON() {} }),
      JSON_TYPE,
      "null",
    ],
    ["sendJson(string)", (response) => response.sendJson("x"), JSON_TYPE, '"x"'],
    [
      "sendHtml(string)",
      (response) => response.sendHtml("<h1>Hi</h1>"),
      "text/html; charset=utf-8",
      "<h1>Hi</h1>",
    ],
    ["sendTextPlain(string)", (response) => response.sendTextPlain("héllo"), TEXT_TYPE, "héllo"],
    ["sendTextPlain(a number)", (response) => call(response, "sendTextPlain", 5), TEXT_TYPE, "5"],
    ["sendTextPlain(bytes)", (response) => call(response, "sendTextPlain", Buffer.from("x")), TEXT_TYPE, "x"],
    ["sendTextPlain(undefined)", (response) => call(response, "sendTextPlain"), TEXT_TYPE, ""],
    ["send(string)", (response) => response.send("x"), TEXT_TYPE, "x"],
    ["send(empty string)", (response) => response.send(""), TEXT_TYPE, ""],
    ["send(number)", (response) => response.send(404), TEXT_TYPE, "404"],
    ["send(boolean)", (response) => response.send(false), TEXT_TYPE, "false"],
    ["send(bigint)", (response) => response.send(10n), TEXT_TYPE, "10"],
    ["send(Buffer)", (response) => response.send(Buffer.from("bytes")), "application/octet-stream", "bytes"],
    ["send(Uint8Array)", (response) => response.send(new Uint8Array([97])), "application/octet-stream", "a"],
    [
      "send(part of a larger buffer)",
      (response) => response.send(new Uint8Array([97, 98, 99]).subarray(1, 2)),
      "application/octet-stream",
      "b",
    ],
    [
      "send(Uint16Array)",
      (response) => response.send(new Uint16Array([0x6262])),
      "application/octet-stream",
      "bb",
    ],
    [
      "send(ArrayBuffer)",
      (response) => response.send(new Uint8Array([97]).buffer),
      "application/octet-stream",
      "a",
    ],
    ["send(object)", (response) => response.send({ a: 1 }), JSON_TYPE, '{"a":1}'],
    ["send(array)", (response) => response.send([1]), JSON_TYPE, "[1]"],
    ["send(null)", (response) => response.send(null), JSON_TYPE, "null"],
    ["send(undefined)", (response) => response.send(undefined), undefined, ""],
    ["send()", (response) => response.send(), undefined, ""],
    ["sendOk()", (response) => response.sendOk(), undefined, ""],
  ])("%s", async (_name, handler, type, text) => {
    const answer = await answerOf(handler);
    expect(answer.response.status).toBe(200);
    expect(answer.text).toBe(text);
    expect(field(answer.response, "Content-Type")).toBe(type);
    expect(field(answer.response, "Content-Length")).toBe(String(Buffer.byteLength(text)));
    expect(answer.response.headers.has("transfer-encoding")).toBe(false);
    expect(answer.response.headers.has("date")).toBe(true);
    expect([answer.thrown, answer.warnings, answer.reported]).toEqual([[], [], []]);
  });

  test("head and body are sent in one write", async () => {
    const writes: number[] = [];
    await answerOf((response) => {
      const { socket } = response;
      if (socket === null) throw new Error("no socket");
      const write = socket._write;
      socket._write = function countWrite(chunk: string | Buffer, ...rest) {
        writes.push(chunk.length);
        write.call(this, chunk, ...rest);
      };
      socket._writev = (): never => {
        throw new Error("more than one piece");
      };
      response.sendJson({ a: 1 });
    });
    expect(writes).toHaveLength(1);
  });
});

describe("status and headers that were set before", () => {
  const senders: [string, (response: PacketronResponse) => void][] = [
    ["sendJson", (response) => response.sendJson(1)],
    ["sendHtml", (response) => response.sendHtml("x")],
    ["sendTextPlain", (response) => response.sendTextPlain("x")],
    ["send", (response) => response.send("x")],
    ["send of nothing", (response) => response.send()],
  ];

  test.each(senders)("%s keeps the status, the reason phrase and the Content-Type", async (_name, send) => {
    const { response, head } = await answerOf((given) => {
      given.statusCode = 203;
      given.statusMessage = "Said Elsewhere";
      given.setHeader("content-type", "application/vnd.x+json");
      send(given);
    });
    expect(head.startsWith("HTTP/1.1 203 Said Elsewhere\r\n")).toBe(true);
    expect(field(response, "Content-Type")).toBe("application/vnd.x+json");
  });

  test.each<[string, (response: PacketronResponse) => void]>([
    ["sendJson", (response) => response.sendJson(1, 201)],
    ["sendHtml", (response) => response.sendHtml("x", 201)],
    ["sendTextPlain", (response) => response.sendTextPlain("x", 201)],
    ["send", (response) => response.send("x", 201)],
    ["send of nothing", (response) => response.send(undefined, 201)],
  ])("%s sets the status that it is given", async (_name, send) => {
    const { response, thrown } = await answerOf((given) => {
      given.statusCode = 404;
      send(given);
    });
    expect([response.status, thrown]).toEqual([201, []]);
  });

  test.each<[string, (response: PacketronResponse, status: number) => void]>([
    ["sendJson", (response, status) => response.sendJson(1, status)],
    ["sendHtml", (response, status) => response.sendHtml("x", status)],
    ["sendTextPlain", (response, status) => response.sendTextPlain("x", status)],
    ["send", (response, status) => response.send("x", status)],
  ])("%s throws for a status that is none, and the response can still be sent", async (_name, send) => {
    const codes: unknown[] = [];
    const { response, text } = await answerOf((given) => {
      for (const status of [99, 1000, 200.5, Number.NaN]) {
        try {
          send(given, status);
        } catch (error) {
          codes.push(errorCode(error));
        }
      }
      given.send("sent");
    });
    expect(codes).toEqual(Array(4).fill("PKT_RESPONSE_STATUS"));
    expect([response.status, text]).toEqual([200, "sent"]);
  });

  test("sendOk and sendStatusCode set their own status", async () => {
    const ok = await answerOf((response) => {
      response.statusCode = 500;
      response.sendOk();
    });
    const missing = await answerOf((response) => {
      response.statusCode = 500;
      response.sendStatusCode(404);
    });
    expect([ok.response.status, missing.response.status]).toEqual([200, 404]);
    expect(field(missing.response, "Content-Length")).toBe("0");
  });

  test("a wrong Content-Length is corrected", async () => {
    const { text } = await answerOf((response) => {
      response.setHeader("Content-Length", 2);
      response.sendTextPlain("four");
    });
    expect(text).toBe("four");
  });

  test("a Transfer-Encoding that was set is replaced by the length", async () => {
    const { response, text } = await answerOf((given) => {
      given.setHeader("Transfer-Encoding", "chunked");
      given.sendTextPlain("four");
    });
    expect(text).toBe("four");
    expect(response.headers.has("transfer-encoding")).toBe(false);
  });

  test("a value that is not a string becomes one", async () => {
    const { head } = await answerOf((given) => {
      Reflect.apply(given.setHeader, given, ["Location", new URL("http://localhost/next")]);
      Reflect.apply(given.setHeader, given, ["X-List", ["one", 2]]);
      given.sendStatusCode(303);
    });
    expect(head).toContain("\r\nLocation: http://localhost/next\r\nX-List: one\r\nX-List: 2\r\n");
  });

  test("a head from writeHead() gets the body of a later send", async () => {
    const { response, text, warnings } = await answerOf((given) => {
      given.writeHead(201, { "X-Mine": "1" });
      given.sendJson({ a: 1 });
    });
    expect([response.status, field(response, "X-Mine"), text]).toEqual([201, "1", '{"a":1}']);
    expect(warnings).toEqual([]);
  });
});

describe("cookies", () => {
  test("each is a line of its own; the same name, path and domain replaces the earlier one", async () => {
    const { response } = await answerOf((given) => {
      given.setHeader("Set-Cookie", "old=1; Path=/");
      given.setCookie("a", "1", { path: "/" });
      given.setCookie("a", "2", { path: "/x" });
      given.setCookie("a", "3", { path: "/", httpOnly: true });
      given.clearCookie("old", { path: "/" });
      given.sendOk();
    });
    expect(response.headers.get("set-cookie")).toEqual([
      "a=2; Path=/x",
      "a=3; Path=/; HttpOnly",
      "old=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ]);
  });

  test.each([{ path: "/\r\nX-Evil: 1" }, { domain: "domain..com" }, { domain: "example.com:80" }])(
    "an illegal one with %j throws and sets nothing",
    async (options) => {
      const { response, thrown } = await answerOf((given) => {
        given.setCookie("a", "1", options);
      });
      expect(thrown).toEqual([expect.objectContaining({ code: "PKT_COOKIE_INVALID" })]);
      expect([response.status, response.headers.has("set-cookie")]).toEqual([500, false]);
    },
  );
});

test("a method that is wrapped on one response changes only that method", async () => {
  const calls: string[] = [];
  const { text } = await answerOf((response) => {
    const { sendJson } = response;
    response.sendJson = (value) => {
      calls.push("sendJson");
      sendJson.call(response, { wrapped: value });
    };
    response.sendJson(1);
    response.send({ ignored: true });
  });
  expect([text, calls]).toEqual(['{"wrapped":1}', ["sendJson"]]);
});

test("a patched end() of middleware is called", async () => {
  const ended: unknown[] = [];
  await answerOf((response) => {
    const end = response.end.bind(response);
    Reflect.set(response, "end", (...parameters: Parameters<typeof end>) => {
      ended.push(parameters[0], response.getHeader("Content-Length"));
      return end(...parameters);
    });
    response.sendJson({ a: 1 });
  });
  expect(ended).toEqual(['{"a":1}', 7]);
});

describe("redirect()", () => {
  test.each<[location: string | URL, status: number | undefined, header: string]>([
    ["/login", undefined, "/login"],
    ["/login", 301, "/login"],
    ["/login", 303, "/login"],
    ["/login", 307, "/login"],
    ["/login", 308, "/login"],
    ["/größe und mehr", 302, "/gr%C3%B6%C3%9Fe%20und%20mehr"],
    [new URL("https://example.com/a b?q=1"), 302, "https://example.com/a%20b?q=1"],
  ])("to %s with %s sets Location, and sends no body", async (location, status, header) => {
    const { response, text, thrown, warnings } = await answerOf((given) => given.redirect(location, status));
    expect([response.status, text, thrown, warnings]).toEqual([status ?? 302, "", [], []]);
    expect([field(response, "Location"), field(response, "Content-Length")]).toEqual([header, "0"]);
    expect(field(response, "Content-Type")).toBeUndefined();
  });

  test.each<[what: string, values: unknown[], message: RegExp]>([
    [
      "a line break",
      ["/a\r\nSet-Cookie: b=c"],
      /as its location, expected a path or URL without control characters/,
    ],
    ["a tab", ["/\t/evil.example"], /control characters/],
    ["NUL", ["/a\0"], /control characters/],
    ["DEL", ["/a\x7f"], /control characters/],
    ["an empty location", [""], /got "" as its location/],
    ["no location", [], /got undefined as its location/],
    ["the arguments of Express", [301, "/login"], /got 301 as its location.*The location comes first/],
    [
      "a status that does not redirect",
      ["/login", 200],
      /got 200 as its status, expected one of 301, 302, 303, 307, 308/,
    ],
    ["304", ["/login", 304], /got 304 as its status/],
    ["a text as status", ["/login", "301"], /got "301" as its status/],
  ])("throws for %s, and nothing of it is sent", async (_what, values, message) => {
    const { response, thrown } = await answerOf((given) => Reflect.apply(given.redirect, given, values));
    expect(thrown).toEqual([
      expect.objectContaining({ code: "PKT_RESPONSE_REDIRECT", message: expect.stringMatching(message) }),
    ]);
    expect([response.status, response.headers.has("location")]).toEqual([500, false]);
  });

  test("after an answer is ignored, with a warning", async () => {
    const { response, warnings } = await answerOf((given) => {
      given.sendOk();
      given.redirect("/login");
    });
    expect([response.status, warnings.length]).toEqual([200, 1]);
  });
});
