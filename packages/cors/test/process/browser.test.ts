/** Pages of another origin in Chromium: what their scripts can read and send. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Handler, type Packetron, PacketronRequestMethod, type ServerOptions } from "@packetron/core";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { describeInBrowser } from "../../../../scripts/test/_browser.ts";
import { startServer } from "../_server.ts";

/** Serves the page: the same host on another port is another origin. */
async function servePage(): Promise<string> {
  const site = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html").end("<title>page</title>");
  });
  onTestFinished(() => {
    site.closeAllConnections();
    site.close();
  });
  await once(site.listen(0, "127.0.0.1"), "listening");
  const { port } = site.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

const echo: Handler = async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  response.setHeader("X-Total", "7");
  response.sendJson({
    body: Buffer.concat(chunks).toString(),
    cookie: request.cookies["session"] ?? null,
  });
};

function addRoutes(server: Packetron): void {
  const { POST, PUT } = PacketronRequestMethod;
  for (const method of [POST, PUT]) server.handle({ method, routePath: "echo", handler: echo });
  server.handle({ method: POST, routePath: "small", maxRequestSizeInBytes: 4, handler: echo });
  server.handle({
    routePath: "login",
    handler: (_request, response) => {
      response.setCookie("session", "abc");
      response.sendJson({ ok: true });
    },
  });
  server.handle({
    routePath: "broken",
    handler: () => {
      throw new Error("on purpose");
    },
  });
}

/** The options of `fetch()` that the tests use. */
interface PageInit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly credentials?: "include";
  readonly body?: string;
}

/** What a script of the page gets: what it can read of the answer, or the name of the error of `fetch()`. */
function fetchIn(page: Page, url: string, init: PageInit = {}): Promise<unknown> {
  return page.evaluate(
    async ([target, options]) => {
      try {
        const answer = await fetch(target, options);
        return { status: answer.status, body: await answer.json(), total: answer.headers.get("X-Total") };
      } catch (error) {
        return error instanceof Error ? error.name : "unknown";
      }
    },
    [url, init] as const,
  );
}

const json = { method: "POST", headers: { "Content-Type": "application/json" } };

describeInBrowser("a page of another origin in Chromium", (openPage) => {
  async function start(toOption: (origin: string) => ServerOptions): Promise<{ page: Page; url: string }> {
    const origin = await servePage();
    const server = await startServer(addRoutes, toOption(origin));
    return { page: await openPage(origin), url: `http://127.0.0.1:${server.port}` };
  }

  test("reads, posts JSON, sends credentials, and sees the bodies of a 404, a 413 and a 500", async () => {
    const { page, url } = await start((origin) => ({
      cors: { origin, credentials: true, exposedHeaders: ["X-Total"] },
    }));
    const credentials = "include";
    expect(await fetchIn(page, `${url}/login`, { credentials })).toMatchObject({ body: { ok: true } });
    expect(await fetchIn(page, `${url}/echo`, { ...json, credentials, body: '{"a":1}' })).toEqual({
      status: 200,
      body: { body: '{"a":1}', cookie: "abc" },
      total: "7",
    });
    expect(await fetchIn(page, `${url}/echo`, { method: "PUT", body: "put" })).toMatchObject({
      body: { body: "put", cookie: null },
    });
    expect(await fetchIn(page, `${url}/none`)).toMatchObject({ status: 404, body: { title: "Not Found" } });
    expect(await fetchIn(page, `${url}/small`, { ...json, body: '{"a":1}' })).toMatchObject({
      status: 413,
      body: { limit: 4 },
    });
    expect(await fetchIn(page, `${url}/broken`)).toMatchObject({ status: 500, body: { status: 500 } });
  });

  test("reads and posts with *, and sends no credentials", async () => {
    const { page, url } = await start(() => ({ cors: true }));
    expect(await fetchIn(page, `${url}/echo`, { ...json, body: "{}" })).toMatchObject({ status: 200 });
    expect(await fetchIn(page, `${url}/login`, { credentials: "include" })).toBe("TypeError");
  });

  test("reads nothing without the option, and nothing that is for another origin", async () => {
    for (const option of [{}, { cors: { origin: "https://app.example" } }]) {
      const { page, url } = await start(() => option);
      expect(await fetchIn(page, `${url}/login`)).toBe("TypeError");
      expect(await fetchIn(page, `${url}/echo`, { ...json, body: "{}" })).toBe("TypeError");
      expect(await fetchIn(page, `${url}/none`)).toBe("TypeError");
    }
  });

  test("in a sandboxed frame has the origin null, which only a list allows", async () => {
    for (const [origin, seen] of [
      [/./, "TypeError"],
      [["null"], 200],
    ] as const) {
      const { page, url } = await start(() => ({ cors: { origin } }));
      await page.setContent('<iframe sandbox="allow-scripts" srcdoc="<p>frame</p>"></iframe>');
      const frame = page.frames()[1];
      const status = await frame?.evaluate(
        (target) =>
          fetch(target).then(
            (answer) => answer.status,
            (error: Error) => error.name,
          ),
        `${url}/login`,
      );
      expect(status).toBe(seen);
    }
  });
});
