import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";
import type { Program } from "../../../scripts/test/_program.ts";

const data = mkdtempSync(join(tmpdir(), "packetron-shop-"));
let program: Program;
let end: () => Promise<void>;

beforeAll(async () => {
  const whenDone = (done: () => Promise<void>): void => {
    end = done;
  };
  program = await startExample("service", { DATA: data }, { whenDone });
});
afterAll(async () => {
  await end();
  rmSync(data, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Sends a request on a connection of its own, so that the workers take turns. */
async function ask(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
  return send(path, {
    method,
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function send(path: string, { headers, ...init }: RequestInit): Promise<Answer> {
  const all = new Headers(headers);
  all.set("Connection", "close");
  const answer = await fetch(`${program.origin}/${path}`, { ...init, headers: all });
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get("content-type") ?? "");
  return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
}

const add = async (name: string, stock = 0): Promise<number> => {
  const { status, body } = await ask("POST", "products", { name, stock }, "editor-token");
  expect([status, body]).toEqual([201, { id: expect.any(Number), name, stock, photo: null }]);
  return Number(Reflect.get(Object(body), "id"));
};

const deliver = (xml: string, secret = "secret"): Promise<Answer> =>
  send("deliveries", {
    method: "POST",
    body: xml,
    headers: {
      "Content-Type": "application/xml",
      "X-Signature": createHmac("sha256", secret).update(xml).digest("hex"),
    },
  });

const deliveryOf = (product: number, amount: number): string =>
  `<delivery><product>${product}</product><amount>${amount}</amount></delivery>`;

test("the server has at most 100 lines", () => {
  const lines = readFileSync(join(import.meta.dirname, "../server.ts"), "utf8")
    .trimEnd()
    .split("\n");
  expect(lines.length).toBeLessThanOrEqual(100);
});

test("products are added, listed, read, changed and removed", async () => {
  const id = await add("Tea");
  expect((await ask("GET", "products")).body).toContainEqual({ id, name: "Tea", stock: 0, photo: null });
  const changed = { id, name: "Green tea", stock: 3, photo: null };
  expect(await ask("PUT", `products/${id}`, { name: "Green tea", stock: 3 }, "editor-token")).toMatchObject({
    status: 200,
    body: changed,
  });
  expect(await ask("GET", `products/${id}`)).toMatchObject({ status: 200, body: changed });
  expect((await ask("DELETE", `products/${id}`, undefined, "editor-token")).status).toBe(200);
  for (const method of ["GET", "DELETE"])
    expect((await ask(method, `products/${id}`, undefined, "editor-token")).status).toBe(404);
});

test("a request that does not fit its schema gets 400, and the reasons", async () => {
  expect(await ask("POST", "products", { name: "", stock: "many" }, "editor-token")).toMatchObject({
    status: 400,
    body: {
      errors: [
        { in: "body", path: "name" },
        { in: "body", path: "stock" },
      ],
    },
  });
  expect(await ask("GET", "products/tea")).toMatchObject({
    status: 400,
    body: { errors: [{ in: "params", path: "id" }] },
  });
});

test("only editors may change products: others get 401 or 403, whatever they send", async () => {
  for (const body of [{ name: "Tea", stock: 0 }, {}]) {
    const unknown = await ask("POST", "products", body, "guess");
    expect([unknown.status, unknown.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect((await ask("POST", "products", body)).status).toBe(401);
    expect((await ask("POST", "products", body, "reader-token")).status).toBe(403);
  }
});

describe("the photo of a product", () => {
  const put = (id: number, form: FormData): Promise<Answer> =>
    send(`products/${id}/photo`, {
      method: "PUT",
      body: form,
      headers: { Authorization: "Bearer editor-token" },
    });
  const photo = (size: number): FormData => {
    const form = new FormData();
    form.append("photo", new Blob([Buffer.alloc(size, 7)], { type: "image/jpeg" }), "../tea.jpg");
    return form;
  };

  test("is uploaded, and served by all workers", async () => {
    const id = await add("Milk");
    const added = await put(id, photo(100_000));
    expect(added).toMatchObject({ status: 200, body: { id } });
    for (let turn = 0; turn < 4; turn++) {
      const { status, headers, body } = await send(`photos/${Reflect.get(Object(added.body), "photo")}`, {});
      expect([status, headers.get("content-type"), String(body).length]).toEqual([
        200,
        "image/jpeg",
        100_000,
      ]);
    }
  });

  test("is refused when it is too large, missing, or of a product that does not exist", async () => {
    const id = await add("Cream");
    expect((await put(id, photo(21 * 1024 ** 2))).status).toBe(413);
    expect((await put(id, new FormData())).status).toBe(400);
    expect((await put(1_000_000, photo(1))).status).toBe(404);
    expect((await ask("GET", `products/${id}`)).body).toMatchObject({ photo: null });
  });
});

test("a delivery counts if the XML fits, and its signature is that of these bytes", async () => {
  const id = await add("Rice", 1);
  expect((await deliver(deliveryOf(id, 5))).status).toBe(200);
  expect((await ask("GET", `products/${id}`)).body).toMatchObject({ stock: 6 });

  expect((await deliver(deliveryOf(id, 5), "guess")).status).toBe(401);
  expect((await send("deliveries", { method: "POST", body: deliveryOf(id, 5) })).status).toBe(401);
  expect((await deliver("<delivery>", "guess")).status).toBe(401);
  expect((await deliver("<delivery>")).status).toBe(400);
  expect((await deliver(deliveryOf(id, -5))).status).toBe(400);
  expect((await deliver(deliveryOf(1_000_000, 5))).status).toBe(404);
  expect((await ask("GET", `products/${id}`)).body).toMatchObject({ stock: 6 });
});

test("clients of both workers see a delivery at once", async () => {
  const id = await add("Salt");
  const clients = await Promise.all(Array.from({ length: 4 }, follow));
  await deliver(deliveryOf(id, 2));
  for (const { next } of clients) {
    let event: { id?: unknown } = {};
    while (event.id !== id) event = JSON.parse(await next()); // a delivery from before may arrive late
    expect(event).toMatchObject({ name: "Salt", stock: 2 });
  }
  for (const { leave } of clients) leave();
  const workers = (): Set<unknown> =>
    new Set(
      logLines()
        .filter(({ path }) => path === "/stock")
        .map(({ worker }) => worker),
    );
  await expect.poll(workers).toEqual(new Set([1, 2]));
});

/** Opens a stream of events. `next()` resolves with the data of the next one. */
async function follow(): Promise<{ readonly next: () => Promise<string>; readonly leave: () => void }> {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const { body } = await fetch(`${program.origin}/stock`, { signal: leaving.signal });
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    leave: () => leaving.abort(),
    next: async () => {
      for (;;) {
        const event = /^data: (.*)\n\n/m.exec(text);
        if (event !== null) {
          text = text.slice(event.index + event[0].length);
          return event[1] ?? "";
        }
        const piece = await reader?.read();
        if (piece?.value === undefined) throw new Error(`The stream ended after ${text}`);
        text += piece.value;
      }
    },
  };
}

/** The lines of pino. */
function logLines(): Record<string, unknown>[] {
  return program
    .output()
    .split("\n")
    .filter((line) => /^\{.*\}$/.test(line))
    .map((line) => JSON.parse(line));
}

test("both workers have one count of visits", async () => {
  for (let visits = 1; visits <= 6; visits++)
    expect(await ask("GET", "visits")).toMatchObject({ status: 200, body: { visits } });
  const lines = logLines().filter(({ path }) => path === "/visits");
  expect(new Set(lines.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
});

test("pages, probes, limits, CORS, compression and documentation are there", async () => {
  const page = await send("", { headers: { Origin: "http://localhost:5173" } });
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(page.headers.get("ratelimit-policy")).toBe('"default";q=1000;w=60');
  expect(page.headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
  expect(page.headers.get("content-encoding")).toBeNull();
  for (const probe of ["livez", "readyz"]) expect((await send(probe, {})).status).toBe(200);

  const document = await send("openapi.json", { headers: { "Accept-Encoding": "gzip" } });
  expect(document.headers.get("content-encoding")).toBe("gzip");
  expect(document.body).toMatchObject({ info: { title: "Shop" } });
  expect(Object.keys(Reflect.get(Object(document.body), "paths"))).toEqual(
    expect.arrayContaining(["/products", "/products/{id}", "/products/{id}/photo", "/deliveries"]),
  );
  expect((await send("docs", {})).status).toBe(200);
});

test("the metrics have the requests of all workers", async () => {
  const { body } = await send("metrics", {});
  const visits = /http_server_request_duration_seconds_count\{.*http_route="\/visits".*\} (\d+)/;
  expect(Number(visits.exec(String(body))?.[1])).toBeGreaterThanOrEqual(6);
});

test("a client that asks too often gets 429", { timeout: 60_000 }, async () => {
  const statuses: number[] = [];
  // On a busy machine the primary may answer late, and a worker then counts for itself.
  while (statuses.length < 2_200 && statuses.at(-1) !== 429) {
    const answers = Array.from({ length: 50 }, () => fetch(`${program.origin}/products`));
    for (const answer of await Promise.all(answers)) statuses.push(answer.status);
  }
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect(await program.stop()).toBe(0);
});
