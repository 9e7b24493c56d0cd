import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { PacketronHandlerFlags, type RouteOptions } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { problem } from "../../../core/test/_problem.ts";
import type { FileHook, FileInfo, MultipartOptions } from "../../src/index.ts";
import { encodeForm, file } from "../_forms.ts";
import { type FormServer, postAndLeave, startForms, until } from "../_server.ts";

const { MULTIPART_FORM_DATA, REJECT_ON_LIMIT } = PacketronHandlerFlags;

const form = encodeForm([
  file(300_000, "a", "a.txt"),
  { name: "b", body: "field" },
  file(200_000, "c", "c.txt"),
]);

function start(
  onFile: FileHook,
  more: MultipartOptions = {},
  route: Partial<RouteOptions> = {},
): Promise<FormServer> {
  return startForms({ flags: MULTIPART_FORM_DATA, multipartOptions: { onFile, ...more }, ...route });
}

async function sizeOf(stream: Readable): Promise<number> {
  let size = 0;
  for await (const chunk of stream) size += chunk.length;
  return size;
}

describe("onFile", () => {
  test("gets name, stream and info; its result is the entry, and no file is on disk", async () => {
    const calls: [string, FileInfo][] = [];
    const server = await start(async (name, stream, info) => {
      calls.push([name, info]);
      const hash = createHash("md5");
      await pipeline(stream, hash);
      return { hash: hash.digest("hex") };
    });
    const { report } = await server.post(form, { step: 7_001 });
    const md5 = (size: number): string => createHash("md5").update(Buffer.alloc(size, "x")).digest("hex");
    expect(report).toMatchObject({
      body: { b: "field" },
      files: { a: { hash: md5(300_000) }, c: { hash: md5(200_000) } },
      error: null,
    });
    const info = { encoding: "7bit", mimeType: "application/octet-stream" };
    expect(calls).toEqual([
      ["a", { filename: "a.txt", ...info }],
      ["c", { filename: "c.txt", ...info }],
    ]);
    expect(server.files()).toEqual([]);
  });

  test.each<readonly [what: string, hook: FileHook, entry: unknown]>([
    ["returns at once and reads nothing", () => "unread", "unread"],
    [
      "resolves later and reads nothing",
      () => new Promise((resolve) => setTimeout(resolve, 30, "late")),
      "late",
    ],
    [
      "reads one chunk and returns",
      async (_name, stream) => {
        for await (const chunk of stream) return chunk.length > 0;
        return false;
      },
      true,
    ],
    [
      "destroys the stream",
      (_name, stream) => {
        stream.destroy();
        return "destroyed";
      },
      "destroyed",
    ],
    [
      "destroys the stream with an error",
      (_name, stream) => {
        stream.destroy(new Error("enough"));
        return "destroyed";
      },
      "destroyed",
    ],
    [
      "reads on after it has returned",
      (_name, stream) => {
        void sizeOf(stream);
        return "piped";
      },
      "piped",
    ],
    [
      "reads slowly",
      async (_name, stream) => {
        for await (const _chunk of stream) await new Promise((resolve) => setTimeout(resolve, 1));
        return "slow";
      },
      "slow",
    ],
    ["returns an array", () => [1, 2], [1, 2]],
    ["returns null", () => null, null],
  ])("that %s does not block the form", async (_what, hook, entry) => {
    const server = await start(hook);
    const { report } = await server.post(form);
    expect(report).toMatchObject({ body: { b: "field" }, error: null });
    expect(report.files).toEqual({ a: entry, c: entry });
    expect((await server.post(form, { step: 50_000 })).report.files).toEqual({ a: entry, c: entry });
    expect([server.errors, server.warnings]).toEqual([[], []]);
  });

  test.each<readonly [what: string, hook: FileHook]>([
    [
      "throws",
      () => {
        throw new Error("hook");
      },
    ],
    ["rejects at once", () => Promise.reject(new Error("hook"))],
    [
      "rejects during the stream",
      async (_name, stream) => {
        for await (const _chunk of stream) throw new Error("hook");
      },
    ],
    [
      "rejects after the stream",
      async (_name, stream) => {
        await sizeOf(stream);
        throw new Error("hook");
      },
    ],
    [
      "throws a string",
      () => {
        throw "hook";
      },
    ],
  ])("that %s fails the request with 500, and the next request works", async (_what, hook) => {
    let broken = true;
    const healthy: FileHook = (_name, stream) => sizeOf(stream);
    const server = await start(
      (...args) => (broken ? hook : healthy)(...args),
      {},
      {
        async handler(request, response) {
          response.sendJson({ files: (await request.getBody()) && (await request.getFiles()) });
        },
      },
    );
    for (const step of [form.length, 20_000]) {
      const answer = await server.post(form, { step });
      expect([answer.status, answer.text]).toEqual([500, problem(500)]);
    }
    expect(server.errors).toMatchObject(Array(2).fill({ err: { code: "PKT_MULTIPART_ON_FILE" } }));
    broken = false;
    expect((await server.post(form)).report).toEqual({ files: { a: 300_000, c: 200_000 } });
  });

  test("of a file over maxFileSize gets an error from its stream, and the entry says truncated", async () => {
    const failures: unknown[] = [];
    const server = await start(
      async (_name, stream) => {
        try {
          return await sizeOf(stream);
        } catch (error) {
          failures.push(error);
          throw error;
        }
      },
      { maxFileSize: 250_000 },
    );
    const { report } = await server.post(form, { step: 60_000 });
    expect(report.files).toMatchObject({
      a: { path: null, size: 300_000, truncated: true, filename: "a.txt" },
      c: 200_000,
    });
    expect(report).toMatchObject({ body: { b: "field" }, error: null });
    expect(report.events.map(([event]) => event)).toEqual(["multipart-file-limit"]);
    expect(failures).toMatchObject([{ code: "PKT_MULTIPART_LIMIT" }]);
  });

  test("of a file over maxFileSize under REJECT_ON_LIMIT causes a 413", async () => {
    const server = await start(
      (_name, stream) => sizeOf(stream),
      { maxFileSize: 250_000 },
      { flags: MULTIPART_FORM_DATA | REJECT_ON_LIMIT },
    );
    const answer = await server.post(form);
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
      413,
      { field: "a", limit: "maxFileSize" },
    ]);
  });

  test("whose client disconnects gets an error from its stream, and getBody() rejects", async () => {
    const ends: string[] = [];
    const server = await start(async (_name, stream) => {
      try {
        await sizeOf(stream);
        ends.push("whole");
      } catch (error) {
        ends.push(String(Object(error).code));
        throw error; // the request is over: this rejection must not end the process
      }
    });
    for (const by of ["FIN", "RST"] as const) await postAndLeave(server.port, form, 150_000, by);
    await until(() => server.reports.length === 2 && ends.length === 2);
    expect(server.reports).toMatchObject(Array(2).fill({ rejected: "PKT_BODY_ABORTED" }));
    // Either can be noticed first: the body that ends early, or the closed connection of the response.
    for (const end of ends) expect(end).toMatch(/^PKT_(BODY_ABORTED|MULTIPART_ABANDONED)$/);
    expect(server.errors).toEqual([]);
  });

  test("that does not read and does not end is stopped by requestTimeout", async () => {
    const server = await startForms(
      { flags: MULTIPART_FORM_DATA, multipartOptions: { onFile: () => new Promise(() => {}) } },
      { requestTimeout: 500, headersTimeout: 500 },
    );
    const large = encodeForm([file(20_000_000)]);
    const outcome = await server.post(large).then(
      ({ status }) => status,
      (error: unknown) => String(Object(error).code),
    );
    expect([408, "ECONNRESET", "EPIPE"]).toContain(outcome);
    await until(() => server.reports.length === 1);
    expect(server.reports[0]?.rejected).not.toBeNull();
  });
});
