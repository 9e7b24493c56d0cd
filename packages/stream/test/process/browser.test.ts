/** `EventSource` in Chromium: what a page gets, and how it comes back. */
import type { Packetron } from "@packetron/core";
import { expect, test, vi } from "vitest";
import { describeInBrowser } from "../../../../scripts/test/_browser.ts";
import type { EventSender } from "../../src/index.ts";
import { startServer } from "../_server.ts";

/** Serves a page with `EventSource`, and the stream that it listens to. */
async function start(listen: (events: EventSender, lastEventId: string | null) => unknown): Promise<string> {
  const started = await startServer((request, response) =>
    response.sendEvents((events) => listen(events, request.lastEventId), { retry: 20 }),
  );
  addPage(started.server);
  return `http://127.0.0.1:${started.server.port}/page`;
}

function addPage(server: Packetron): void {
  server.handle({
    routePath: "page",
    handler: (_request, response) => response.sendHtml("<title>page</title>"),
  });
}

describeInBrowser("EventSource in Chromium", (openPage) => {
  test("gets names, ids, JSON and text of several lines", async () => {
    const url = await start((events) => {
      events.send({ id: "ä 1", data: "a\nb\r\nc" });
      setImmediate(() => events.send({ event: "price", data: { eur: 3.5, name: "Zoë" } }));
    });
    const page = await openPage(url);
    const seen = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const received: unknown[] = [];
          const source = new EventSource("/a");
          const note = ({ type, data, lastEventId }: MessageEvent) =>
            received.push({ type, data, lastEventId });
          source.onopen = () => received.push("open");
          source.onmessage = note;
          source.addEventListener("price", (event) => {
            note(event as MessageEvent);
            source.close();
            resolve(received);
          });
        }),
    );
    expect(seen).toEqual([
      "open",
      { type: "message", data: "a\nb\nc", lastEventId: "ä 1" },
      { type: "price", data: '{"eur":3.5,"name":"Zoë"}', lastEventId: "ä 1" },
    ]);
  });

  test("is open before the first event", async () => {
    const page = await openPage(await start(() => undefined));
    const state = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const source = new EventSource("/a");
          source.onopen = () => resolve(source.readyState);
        }),
    );
    expect(state).toBe(1);
  });

  test("comes back after an end and after a cut, with the id of the last event", async () => {
    const ids: (string | null)[] = [];
    const url = await start((events, lastEventId) => {
      ids.push(lastEventId);
      events.send({ id: `ü${ids.length}`, data: ids.length });
      if (ids.length === 1) setImmediate(events.close);
      if (ids.length === 2) setTimeout(() => events.send({ event: "\n" }), 50); // cuts the connection
    });
    const page = await openPage(url);
    const data = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const received: string[] = [];
          const source = new EventSource("/a");
          source.onmessage = (event) => {
            received.push(event.data);
            if (received.length === 3) resolve(received);
          };
        }),
    );
    expect(data).toEqual(["1", "2", "3"]);
    expect(ids).toEqual([null, "ü1", "ü2"]);
  });

  test("stops after a 204", async () => {
    let requests = 0;
    const { server } = await startServer((_request, response) => {
      requests++;
      if (requests === 2) return response.sendStatusCode(204);
      return response.sendEvents([{ data: "last" }], { retry: 10 });
    });
    addPage(server);
    const page = await openPage(`http://127.0.0.1:${server.port}/page`);
    const state = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const source = new EventSource("/a");
          source.onerror = () => {
            if (source.readyState === EventSource.CLOSED) resolve("closed");
          };
        }),
    );
    expect([state, requests]).toEqual(["closed", 2]);
  });

  test("ends the source when the page is closed", async () => {
    const cleanup = vi.fn();
    const page = await openPage(await start(() => cleanup));
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          new EventSource("/a").onopen = resolve;
        }),
    );
    await page.close();
    await vi.waitFor(() => expect(cleanup).toHaveBeenCalledOnce(), 5_000);
  });
});
