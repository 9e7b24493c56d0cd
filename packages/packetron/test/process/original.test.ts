/** The API of the original, by the programs of its README: the server, its routes, and the constants. */
import { describe, expect, test } from "vitest";
import { createForm, post, readJson, startOriginal, useOriginal } from "./_original.ts";

test("quick start: a cluster of four that starts immediately answers both routes and stops with code 0", async () => {
  const program = await startOriginal("quick-start");
  const status = await fetch(`${program.origin}/api/status`);
  expect([status.status, status.headers.get("content-type")]).toEqual([
    200,
    "application/json; charset=utf-8",
  ]);
  expect(await status.json()).toEqual({ status: "ok" });
  const echo = await post(`${program.origin}/api/echo`, "application/json", '{"a":[1,"é"]}');
  expect(await echo.json()).toEqual({ received: { a: [1, "é"] } });
  expect(await program.stop()).toBe(0);
});

test("lifecycle: start() forks the workers, and stop() in a worker ends all of them", async () => {
  const program = await startOriginal("lifecycle");
  expect((await fetch(`${program.origin}/stop`)).status).toBe(200);
  expect(await program.ended).toBe(0);
});

describe("handle()", () => {
  const program = useOriginal("handle");

  test("every option works together on one route: plugins, multipart options, both limits", async () => {
    const { origin } = program();
    const sent = await fetch(`${origin}/everything`, { method: "POST", body: createForm([["name", "Ada"]]) });
    expect([sent.status, sent.headers.get("x-stamp")]).toEqual([200, "local"]);
    expect(await sent.json()).toEqual({ fields: { name: "Ada" } });
    const large = await fetch(`${origin}/everything`, {
      method: "POST",
      body: createForm([["name", "a".repeat(1000)]]),
    });
    expect(large.status).toBe(413);
  });

  test("null switches both limits off: many requests pass, and a body over the server's limit", async () => {
    const { origin } = program();
    const bodies = [...Array(20).fill("a"), "a".repeat(17 * 1024 * 1024)];
    const answers = await Promise.all(
      bodies.map((body) => readJson(post(`${origin}/unlimited`, "text/plain", body))),
    );
    expect(answers).toEqual(bodies.map(({ length }) => ({ length })));
  });

  test("each of the five methods reaches its own handler, with or without a leading slash", async () => {
    const { origin } = program();
    for (const method of ["GET", "POST", "PUT", "DELETE", "HEAD"]) {
      const answer = await fetch(`${origin}/methods`, { method });
      expect([answer.status, answer.headers.get("x-method")]).toEqual([200, method]);
    }
  });

  test("returns a PacketronRoute whose remove() removes the route", async () => {
    const { origin } = await startOriginal("handle");
    expect(await readJson(fetch(`${origin}/remove`))).toEqual({ isRoute: true });
    const answer = await fetch(`${origin}/everything`, {
      method: "POST",
      body: createForm([["name", "Ada"]]),
    });
    expect(answer.status).toBe(404);
  });

  test("paths match exactly: another case, a longer or a shorter path is 404", async () => {
    const { origin } = program();
    for (const path of ["Methods", "methods/a", "method", "methods/"]) {
      expect([path, (await fetch(`${origin}/${path}`)).status]).toEqual([path, 404]);
    }
  });
});

test("constants: flags, methods, priorities and status codes have the values of the original", async () => {
  const { origin } = await startOriginal("constants");
  const constants = await readJson(fetch(`${origin}/constants`));
  expect(constants).toMatchObject({
    PacketronServerFlags: {
      START_IMMEDIATELY: 1 << 0,
      STOP_ON_ERROR: 1 << 1,
      TRY_NEXT_PORT: 1 << 2,
      SILENCE_INTERNAL_LOGS: 1 << 3,
      NO_GLOBAL_DATA: 1 << 4,
      RAISE_PROCESS_PRIORITY: 1 << 5,
    },
    PacketronHandlerFlags: {
      JSON_BODY: 1 << 0,
      DONT_USE_BODY: 1 << 1,
      FILE_UPLOAD: 1 << 2,
      LOCAL_PLUGINS_ONLY: 1 << 3,
      FORM_DATA: 1 << 4,
      XML_BODY: 1 << 5,
      PLAIN_TEXT_BODY: 1 << 6,
      MULTIPART_FORM_DATA: 1 << 7,
    },
    PacketronFileRouterFlags: {
      NON_RECURSIVE: 1 << 0,
      NO_DIRECTORY_STRUCTURE: 1 << 1,
      USER_SPECIFIED_FILE: 1 << 2,
      LOCAL_PLUGINS_ONLY: 1 << 3,
    },
    PacketronRequestMethod: { GET: 0, POST: 1, PUT: 2, DELETE: 3, HEAD: 4 },
    PacketronPluginPriority: { EXTEMELY_LOW: 0, MEDIUM: 4, EXTEMELY_HIGH: 8 },
    HttpResponseCode: {
      OK: 200,
      CREATED: 201,
      NO_CONTENT: 204,
      BAD_REQUEST: 400,
      UNAUTHORIZED: 401,
      FORBIDDEN: 403,
      NOT_FOUND: 404,
      PAYLOAD_TOO_LARGE: 413,
      TOO_MANY_REQUESTS: 429,
      INTERNAL_SERVER_ERROR: 500,
    },
    combined: 9,
    mimeTypes: { ".html": "text/html", ".png": "image/png", ".json": "application/json" },
  });
});
