/** The API of the original, by the programs of its README: requests, answers and bodies. */
import { describe, expect, test } from "vitest";
import { createForm, post, readJson, useOriginal } from "./_original.ts";

describe("request", () => {
  const program = useOriginal("request");

  test("every accessor gives what the client sent, and query and cookies are parsed once", async () => {
    const { origin } = program();
    const answer = await fetch(`${origin}/show?a=1&b=two%20words`, {
      headers: { Cookie: "session=abc; theme=dark", "X-Forwarded-For": "203.0.113.7" },
    });
    expect(await answer.json()).toEqual({
      body: null,
      files: {},
      query: { a: "1", b: "two words" },
      sameQuery: true,
      cookies: { session: "abc", theme: "dark" },
      sameCookies: true,
      session: "abc",
      missing: null,
      ip: "203.0.113.7",
      hasBody: false,
      url: "/show?a=1&b=two%20words",
      kinds: [true, true],
    });
  });

  test("without X-Forwarded-For the address is the socket's, and hasBody() detects a body", async () => {
    const { origin } = program();
    const answer = await post(`${origin}/show`, "text/plain", "something");
    expect(await readJson(answer)).toMatchObject({ ip: "127.0.0.1", hasBody: true, query: {}, cookies: {} });
  });
});

describe("response", () => {
  const program = useOriginal("response");

  test.for([
    ["json", 200, "application/json; charset=utf-8", '{"a":1}'],
    ["html", 200, "text/html; charset=utf-8", "<h1>Hi</h1>"],
    ["text", 200, "text/plain; charset=utf-8", "hello"],
    ["send-object", 200, "application/json; charset=utf-8", '{"a":1}'],
    ["send-text", 200, "text/plain; charset=utf-8", "hello"],
    ["ok", 200, null, ""],
    ["status", 404, null, ""],
    ["unauthorized", 401, null, ""],
    ["file", 200, "text/html; charset=utf-8", "<h1>Hi</h1>\n"],
    ["download", 200, "text/html; charset=utf-8", "<h1>Hi</h1>\n"],
    ["kinds", 200, "application/json; charset=utf-8", "[true,true]"],
  ] as const)("%s sends its status, type and body", async ([path, status, type, body]) => {
    const { origin } = program();
    const answer = await fetch(`${origin}/${path}`);
    expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
      status,
      type,
      body,
    ]);
  });

  test("downloadFile() asks the browser to save the file under its name", async () => {
    const { origin } = program();
    const answer = await fetch(`${origin}/download`);
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment; filename="?page\.html"?/);
  });

  test("setCookie() sends every attribute, clearCookie() removes the cookie on the same path", async () => {
    const { origin } = program();
    const [cookie = ""] = (await fetch(`${origin}/cookie`)).headers.getSetCookie();
    expect(cookie.split("; ").toSorted()).toEqual(
      ["session=abc", "Max-Age=3600", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"].toSorted(),
    );
    const [cleared = ""] = (await fetch(`${origin}/no-cookie`)).headers.getSetCookie();
    expect(cleared.split("; ")).toEqual(expect.arrayContaining(["session=", "Max-Age=0", "Path=/"]));
  });
});

describe("bodies", () => {
  const program = useOriginal("bodies");

  test("JSON_BODY: invalid JSON and no body are null, the log says why, and the handler decides", async () => {
    const { origin, output } = program();
    const url = `${origin}/api/users`;
    expect(await readJson(post(url, "application/json", '{"name":"Ada"}'))).toEqual({ name: "Ada" });
    expect((await post(url, "application/json", '{"name":')).status).toBe(400);
    expect((await fetch(url, { method: "POST" })).status).toBe(400);
    expect(output()).toContain("PKT_BODY_INVALID");
    expect((await post(`${origin}/JSON_BODY`, "application/json", "{")).status).toBe(200);
  });

  test.for([
    ["JSON_BODY", "text/plain", '{"a":1}', { a: 1 }],
    ["JSON_BODY", "text/plain", "not JSON", null],
    ["PLAIN_TEXT_BODY", "application/json", '{"a":1}', '{"a":1}'],
    ["XML_BODY", "application/xml", "<a><b>1</b><b>2</b></a>", { a: { b: [1, 2] } }],
    ["XML_BODY", "text/plain", "<a>x</a>", { a: "x" }],
    ["XML_BODY", "application/xml", "<a>", null],
    ["FORM_DATA", "application/x-www-form-urlencoded", "a=1&b=two+words", { a: "1", b: "two words" }],
    ["DONT_USE_BODY", "application/json", '{"a":1}', null],
  ] as const)(
    "%s, chosen at registration, gives what it makes of %s %s",
    async ([flag, type, body, value]) => {
      const { origin } = program();
      expect(await readJson(post(`${origin}/${flag}`, type, body))).toEqual({ body: value, files: {} });
    },
  );

  test("FORM_DATA: of a multipart form the fields remain, and its files are drained", async () => {
    const { origin } = program();
    const body = createForm([
      ["name", "Ada"],
      ["avatar", "a".repeat(300_000), "avatar.png", "image/png"],
      ["tag", "one"],
      ["tag", "two"],
    ]);
    const answer = await fetch(`${origin}/FORM_DATA`, { method: "POST", body });
    expect(await answer.json()).toEqual({ body: { name: "Ada", tag: ["one", "two"] }, files: {} });
  });
});
