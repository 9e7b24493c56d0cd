import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { TrustProxy } from "../../src/config/options.ts";
import { readRequestId } from "../../src/message/request-id.ts";
import { codePoint } from "../_code-point.ts";
import { send, startServer } from "../_server.ts";

const GENERATED = /^[\w-]{8}-[0-9a-z]+$/;

/** The id that a handler sees, with this `X-Request-Id` from 127.0.0.1. */
async function idOf(header: string | undefined, trustProxy: TrustProxy = "loopback"): Promise<string> {
  const { server } = await startServer(
    (made) =>
      made.handle({ routePath: "/", handler: (request, response) => response.sendTextPlain(request.id) }),
    { trustProxy },
  );
  return (await send(server, "GET /", header === undefined ? {} : { "X-Request-Id": header })).text;
}

describe("the id of a request", () => {
  test.each([
    ["a UUID", "9f8b1c2e-6f0e-4a63-9d0b-7a0c2f0e5d11"],
    ["one character", "x"],
    ["128 characters", "x".repeat(128)],
    ["all kinds of visible characters", "a/b:c=d;{}~!"],
  ])("is that of a trusted peer: %s", async (_name, header) => {
    expect(await idOf(header)).toBe(header);
  });

  test.each([
    ["there is none", undefined],
    ["it is empty", ""],
    ["it has 129 characters", "x".repeat(129)],
    ["it has a space", "one two"],
    ["it has a tab", "one\ttwo"],
    ["it has a letter beyond ASCII", "caf\u00e9"],
  ])("is generated when %s", async (_name, header) => {
    expect(await idOf(header)).toMatch(GENERATED);
  });

  test.each<[TrustProxy, boolean]>([
    ["loopback", true],
    ["private", true],
    [true, true],
    [["127.0.0.1"], true],
    [["10.0.0.0/8"], false],
    [false, false],
  ])("with trustProxy %j is that of the client: %s", async (trustProxy, trusted) => {
    expect((await idOf("from-outside", trustProxy)) === "from-outside").toBe(trusted);
  });

  test("is generated when the header is sent twice", async () => {
    const isBelieved = vi.fn(() => true);
    expect(readRequestId("one, two", isBelieved)).toMatch(GENERATED);
    expect(isBelieved).not.toHaveBeenCalled();
  });

  test("is 1 to 128 visible ASCII characters for any header", () => {
    const header = fc.oneof(fc.string({ unit: codePoint, maxLength: 200 }), fc.string({ minLength: 100 }));
    fc.assert(
      fc.property(header, fc.boolean(), (text, trusted) => {
        expect(readRequestId(text, () => trusted)).toMatch(/^[!-~]{1,128}$/);
      }),
    );
  });

  test("is the same during a request, and differs between requests", async () => {
    const { server } = await startServer((made) =>
      made.handle({
        routePath: "/",
        handler: (request, response) => response.sendJson([request.id, request.id]),
      }),
    );
    const ids: string[] = [];
    for (let times = 0; times < 3; times++) ids.push(...JSON.parse((await send(server, "GET /")).text));
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(3);
  });

  test("can be set by middleware under the name that it uses", async () => {
    const { server } = await startServer((made) =>
      made.handle({
        routePath: "/",
        handler: (request, response) => {
          Object.assign(request, { id: "mine" });
          response.sendTextPlain(request.id);
        },
      }),
    );
    expect((await send(server, "GET /", { "X-Request-Id": "theirs" })).text).toBe("mine");
  });
});

describe("log lines about a request have its id, method and route", () => {
  const about = { requestId: "abc", method: "POST", route: "POST /users/:id" };
  const ask = { "X-Request-Id": "abc" };

  test("when its handler fails", async () => {
    const { server, lines } = await startServer((made) =>
      made.handle({
        method: 1,
        routePath: "users/:id",
        handler: () => Promise.reject(new Error("no")),
      }),
    );
    await send(server, "POST /users/7?token=secret", ask);
    expect(lines).toMatchObject([{ level: "error", fields: { ...about, err: { message: "no" } } }]);
    expect(JSON.stringify(lines)).not.toContain("secret");
  });

  test("when the error handler fails, too", async () => {
    const { server, lines } = await startServer((made) => {
      made.handle({ method: 1, routePath: "users/:id", handler: () => Promise.reject(new Error("no")) });
      made.onError(() => Promise.reject(new Error("nor that")));
    });
    await send(server, "POST /users/7", ask);
    expect(lines.map(({ fields }) => fields)).toMatchObject([
      about,
      { ...about, err: { message: "nor that" } },
    ]);
  });

  test("when it is answered twice", async () => {
    const { server, lines } = await startServer((made) =>
      made.handle({
        method: 1,
        routePath: "users/:id",
        handler: (_request, response) => {
          response.sendOk();
          response.sendOk();
        },
      }),
    );
    await send(server, "POST /users/7", ask);
    expect(lines).toMatchObject([{ level: "warn", fields: about }]);
  });

  test("and no route for a path without a route", async () => {
    const { server, lines } = await startServer((made) =>
      made.onNotFound(() => {
        throw new Error("no");
      }),
    );
    await send(server, "POST /nowhere", ask);
    expect(lines[0]?.fields).toMatchObject({ requestId: "abc", method: "POST", route: undefined });
  });
});
