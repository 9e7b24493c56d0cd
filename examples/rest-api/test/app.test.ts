import type { InjectOptions } from "packetron";
import { describe, expect, onTestFinished, test } from "vitest";
import { createApp } from "../app.ts";
import { Books } from "../books.ts";
import { openDatabase, openWasm } from "../database.ts";

const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent };
const emma = { title: "Emma", pages: 474 };

describe.each([
  ["node:sqlite", () => openDatabase(":memory:")],
  ["sql.js", openWasm],
])("the API on %s", (_name, open) => {
  async function start() {
    const server = createApp(new Books(await open()), "secret", { logger, maxThreads: 1 });
    onTestFinished(() => server.stop());
    return async (options: InjectOptions, token = "secret") => {
      const headers = { Authorization: `Bearer ${token}` };
      const { status, text } = await server.inject({ headers, ...options });
      const body = text();
      return [status, body === "" ? null : JSON.parse(body)];
    };
  }

  test("adds, lists, reads, changes and removes books", async () => {
    const ask = await start();
    expect(await ask({ method: "POST", path: "/books", body: emma })).toEqual([201, { id: 1, ...emma }]);
    await ask({ method: "POST", path: "/books", body: { title: "Ulysses", pages: 730 } });
    expect(await ask({ path: "/books?after=1" })).toEqual([200, [{ id: 2, title: "Ulysses", pages: 730 }]]);
    expect(await ask({ method: "PUT", path: "/books/1", body: { ...emma, pages: 500 } })).toMatchObject([
      200,
      { pages: 500 },
    ]);
    expect(await ask({ path: "/books/1" })).toMatchObject([200, { pages: 500 }]);
    expect(await ask({ method: "DELETE", path: "/books/1" })).toEqual([204, null]);
    expect(await ask({ path: "/books/1" })).toMatchObject([404, { status: 404 }]);
  });

  test("refuses what does not fit, and writers without the token", async () => {
    const ask = await start();
    expect(await ask({ method: "POST", path: "/books", body: { title: "" } })).toMatchObject([
      400,
      {
        errors: [
          { in: "body", path: "title" },
          { in: "body", path: "pages" },
        ],
      },
    ]);
    expect((await ask({ path: "/books?limit=1000" }))[0]).toBe(400);
    expect((await ask({ path: "/books/x" }))[0]).toBe(400);
    expect((await ask({ method: "POST", path: "/books", body: emma }, "guess"))[0]).toBe(401);
    expect((await ask({ method: "POST", path: "/books", body: {} }, "guess"))[0]).toBe(401);
  });
});

test("the document has the routes and their schemas", async () => {
  const server = createApp(new Books(await openWasm()), "secret", { logger, maxThreads: 1 });
  onTestFinished(() => server.stop());
  const { paths } = server.openapi();
  expect(Object.entries(paths).map(([path, item]) => [path, Object.keys(item)])).toEqual([
    ["/books", ["get", "post"]],
    ["/books/{id}", ["get", "put", "delete"]],
  ]);
  const page = await server.inject({ path: "/docs" });
  expect(page.status).toBe(200);
});
