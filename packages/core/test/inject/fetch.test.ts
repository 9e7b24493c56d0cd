import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import { makeServer } from "../_server.ts";

const to = (path: string, init?: RequestInit & { readonly duplex?: "half" }): Request =>
  new Request(`http://shop.example:8080/${path}`, init);

describe("server.fetch()", () => {
  test("takes a Request and returns a Response", async () => {
    const { server } = makeServer();
    server.handle({
      routePath: "page",
      handler: ({ host, query, ip }, response) => {
        response.setHeader("Set-Cookie", ["a=1", "b=2"]);
        response.sendJson({ host, query, ip });
      },
    });
    const response = await server.fetch(to("page?a=1"));
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.statusText, response.ok]).toEqual([200, "OK", true]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.json()).toEqual({ host: "shop.example:8080", query: { a: "1" }, ip: "127.0.0.1" });
  });

  test("sends a whole body with its length, and a stream in chunks", async () => {
    const { server } = makeServer();
    server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "echo",
      handler: async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk);
        const { "content-length": length, "content-type": type } = request.headers;
        response.sendJson({ length, type, body: Buffer.concat(chunks).toString() });
      },
    });
    const post = async (body: RequestInit["body"]) =>
      (await server.fetch(to("echo", { method: "POST", body: body ?? null, duplex: "half" }))).json();
    expect(await post("häuser")).toEqual({
      length: "7",
      type: "text/plain;charset=UTF-8",
      body: "häuser",
    });
    const form = await post(new URLSearchParams({ a: "1" }));
    expect(form).toMatchObject({ length: "3", body: "a=1" });
    const slow = new ReadableStream({
      async pull(controller) {
        controller.enqueue(Buffer.from("late"));
        await nextTurn();
        await nextTurn();
        controller.enqueue(Buffer.from(" and later"));
        controller.close();
      },
    });
    expect(await post(slow)).toEqual({ body: "late and later" });
  });

  test.each([204, 205, 304])("returns a %i without a body", async (status) => {
    const { server } = makeServer();
    server.handle({ routePath: "empty", handler: (_request, response) => response.sendStatusCode(status) });
    const response = await server.fetch(to("empty"));
    expect([response.status, response.body]).toEqual([status, null]);
  });

  test("gives each part of a stream when it is written, and cancel() is a client that goes away", async () => {
    const { server } = makeServer();
    const gone = new Promise<void>((resolve) => {
      server.handle({
        routePath: "events",
        handler: async (request, response) => {
          request.signal.addEventListener("abort", () => resolve());
          response.write("first");
          await once(request.signal, "abort");
        },
      });
    });
    const { body } = await server.fetch(to("events"));
    const reader = body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(Buffer.from(value ?? []).toString()).toBe("first");
    await reader?.cancel();
    await gone;
  });

  test("reads a large body only as fast as the program, and gives all of it", async () => {
    const { server } = makeServer();
    const bytes = Buffer.alloc(8 * 1024 * 1024, "x");
    let written = false;
    server.handle({
      routePath: "large",
      handler: (_request, response) => response.end(bytes, () => (written = true)),
    });
    const response = await server.fetch(to("large"));
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(written).toBe(false);
    expect((await response.arrayBuffer()).byteLength).toBe(bytes.length);
  });

  test.each(["before", "after"])(
    "rejects with the reason of a signal that aborts %s the head",
    async (when) => {
      const { server } = makeServer();
      const controller = new AbortController();
      server.handle({
        routePath: "slow",
        handler: async (request, response) => {
          if (when === "after") response.write("begun");
          else controller.abort(new Error("enough"));
          await once(request.signal, "abort");
        },
      });
      const reading = async (): Promise<string> => {
        const response = await server.fetch(to("slow", { signal: controller.signal }));
        controller.abort(new Error("enough"));
        return response.text();
      };
      await expect(reading()).rejects.toThrow("enough");
    },
  );

  test("refuses what is no Request, and every request after stop()", async () => {
    const { server } = makeServer();
    await expect(Reflect.apply(server.fetch, server, ["/echo"])).rejects.toMatchObject({
      code: "PKT_OPTION_INVALID",
    });
    await server.stop();
    await expect(server.fetch(to("echo"))).rejects.toMatchObject({ code: "PKT_SERVER_STOPPED" });
  });
});
