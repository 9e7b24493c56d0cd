/** However a request ends, it leaves no file without an owner, no open descriptor, and no pending promise. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { rename } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { PacketronError, PacketronHandlerFlags } from "@packetron/core";
import { describe, expect, test } from "vitest";
import type { UploadedFile } from "../src/index.ts";
import { encodeForm, FORM_TYPE, file } from "./_forms.ts";
import { makeDirectory, post, postAndLeave, postPart, readForm, startForms, until } from "./_server.ts";

const { DELETE_FILES_AFTER_RESPONSE, FILE_UPLOAD, FORM_DATA, MULTIPART_FORM_DATA, REJECT_ON_LIMIT } =
  PacketronHandlerFlags;

/** Two files around a field, in about 400 bytes. */
const form = encodeForm([file(20, "a"), { name: "b", body: "field" }, file(30, "c")]);

describe.each(["FIN", "RST"] as const)("a client that leaves with %s", (by) => {
  test("at any byte of a form leaves no file and no descriptor, and every body settles once", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA });
    const last = form.length - 1;
    for (let from = 0; from < last; from += 50) {
      const cuts = Array.from({ length: Math.min(50, last - from) }, (_, index) => from + index);
      await Promise.all(cuts.map((bytes) => postAndLeave(forms.port, form, bytes, by)));
    }
    await until(
      () => forms.reports.length === last,
      () => `${forms.reports.length} of ${last} settled`,
    );
    // A cut after the final boundary loses only the last line end. Even such a body counts as aborted.
    for (const report of forms.reports) expect(report.rejected).toBe("PKT_BODY_ABORTED");
    await forms.settled();
    expect([forms.warnings, forms.errors]).toEqual([[], []]);
    expect((await forms.post(form)).status).toBe(200);
  });

  test("before the handler has answered leaves no file, even if all files were complete", async () => {
    let answer = (): void => {};
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA,
      async handler(request, response) {
        await request.getFiles();
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        response.sendOk();
      },
    });
    const leaving = postPart(forms.port, form, form.length);
    await until(() => forms.files().length === 2);
    const socket = await leaving;
    if (by === "RST") socket.resetAndDestroy();
    else socket.destroy();
    await forms.settled();
    answer();
  });
});

describe("a handler", () => {
  test.each([
    ["throws an error", new Error("no"), 500],
    ["throws a coded error of the client's", new PacketronError("PKT_TEST", "no", { status: 422 }), 422],
  ])("that %s after the upload leaves no file", async (_what, error, status) => {
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA,
      async handler(request) {
        await request.getFiles();
        throw error;
      },
    });
    expect((await forms.post(form)).status).toBe(status);
    await forms.settled();
  });

  test("that throws during an upload leaves no file, and the connection serves the next request", async () => {
    let seen: unknown = null;
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA,
      async handler(request) {
        request.getBody().catch((error: unknown) => {
          seen = error;
        });
        await until(() => forms.files().length > 0);
        throw new Error("in the middle");
      },
    });
    const large = encodeForm([file(3_000_000)]);
    const socket = await postPart(forms.port, large, 1_000_000);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 500 /);
    await forms.settled();
    await until(() => seen !== null);
    expect(seen).toMatchObject({ code: "PKT_MULTIPART_ABANDONED" });
    // The server discards the rest of the body, so that the connection can carry the next request.
    socket.write(
      Buffer.concat([large.subarray(1_000_000), Buffer.from("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")]),
    );
    const [next] = await once(socket, "data");
    expect(String(next)).toMatch(/^HTTP\/1\.1 404 /);
    socket.destroy();
  });

  test("that answers 503 leaves no file, and one that answers 400 keeps its files", async () => {
    for (const [status, left] of [
      [503, 0],
      [400, 2],
    ] as const) {
      const forms = await startForms({
        flags: MULTIPART_FORM_DATA,
        async handler(request, response) {
          await request.getFiles();
          response.sendStatusCode(status);
        },
      });
      expect((await forms.post(form)).status).toBe(status);
      await forms.settled(left);
    }
  });

  test("that answers first and reads afterwards gets its form", async () => {
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA,
      async handler(request, response) {
        const reading = readForm(request);
        response.sendStatusCode(202);
        forms.reports.push(await reading);
      },
    });
    expect((await forms.post(form)).status).toBe(202);
    await until(() => forms.reports.length === 1);
    expect(forms.reports).toMatchObject([{ body: { b: "field" }, error: null }]);
    await forms.settled(2);
  });

  test("that never asks for the form leaves no file", async () => {
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA,
      handler: (_request, response) => response.sendOk(),
    });
    expect((await forms.post(form)).status).toBe(200);
    await forms.settled();
  });
});

describe("a form that core refuses", () => {
  test("because it exceeds maxRequestSizeInBytes leaves no file", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA, maxRequestSizeInBytes: 100_000 });
    const socket = connect(forms.port, "127.0.0.1");
    const chunk = (bytes: Buffer): Buffer =>
      Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
    socket.write(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${FORM_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const large = encodeForm([file(200_000)]);
    socket.write(chunk(large.subarray(0, 90_000)));
    await until(() => forms.files().length === 1);
    socket.write(chunk(large.subarray(90_000)));
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
    await forms.settled();
    expect(forms.reports).toMatchObject([{ rejected: "PKT_BODY_TOO_LARGE" }]);
  });

  test("because its decompressed content exceeds a limit leaves no file", async () => {
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA | REJECT_ON_LIMIT,
      multipartOptions: { maxFileSize: 1_000_000 },
    });
    const headers = { "Content-Type": FORM_TYPE, "Content-Encoding": "gzip" };
    const send = (size: number): Promise<Response> =>
      fetch(`http://127.0.0.1:${forms.port}/`, {
        method: "POST",
        headers,
        body: new Uint8Array(gzipSync(encodeForm([file(size)]))),
      });
    const refused = await send(50_000_000);
    expect([refused.status, await refused.json()]).toMatchObject([413, { limit: "maxFileSize" }]);
    expect(forms.files()).toEqual([]);
    expect((await send(1_000_000)).status).toBe(200);
  });

  test("because its gzip data is damaged leaves no file", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA });
    const body = gzipSync(encodeForm([{ ...file(0), body: randomBytes(300_000) }]));
    const answer = await fetch(`http://127.0.0.1:${forms.port}/`, {
      method: "POST",
      headers: { "Content-Type": FORM_TYPE, "Content-Encoding": "gzip" },
      body: new Uint8Array(body.fill(0, 200_000)),
    });
    expect(await answer.json()).toMatchObject({ body: null, error: "PKT_BODY_INVALID" });
    await forms.settled();
  });
});

test("a server that is stopped during an upload leaves no file", async () => {
  const forms = await startForms({ flags: MULTIPART_FORM_DATA }, { drainTimeout: 50 });
  await postPart(forms.port, encodeForm([file(3_000_000)]), 1_000_000);
  await until(() => forms.files().length === 1);
  await forms.server.stop();
  // Checked at once: a process that exits after stop() removes nothing more.
  expect([forms.files(), forms.descriptors()]).toEqual([[], 0]);
});

describe("DELETE_FILES_AFTER_RESPONSE", () => {
  test.each([MULTIPART_FORM_DATA, FILE_UPLOAD])(
    "removes the files after the answer is sent (flag %i)",
    async (flags) => {
      const during: boolean[] = [];
      const forms = await startForms({
        flags: flags | DELETE_FILES_AFTER_RESPONSE,
        async handler(request, response) {
          const files = await request.getFiles<Record<string, UploadedFile | string>>();
          for (const each of Object.values(files))
            during.push(existsSync(String(typeof each === "string" ? each : each.path)));
          response.sendOk();
        },
      });
      await forms.post(form);
      await forms.settled();
      expect(during).toEqual([true, true]);
    },
  );

  test("does not touch a file that the handler has moved", async () => {
    const elsewhere = join(makeDirectory(), "kept");
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA | DELETE_FILES_AFTER_RESPONSE,
      async handler(request, response) {
        const { a } = await request.getFiles<{ a: UploadedFile }>();
        await rename(String(a.path), elsewhere);
        response.sendOk();
      },
    });
    await forms.post(form);
    await forms.settled();
    expect(existsSync(elsewhere)).toBe(true);
    expect(forms.warnings).toEqual([]);
  });

  test("waits for a form that is read after the answer", async () => {
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA | DELETE_FILES_AFTER_RESPONSE,
      async handler(request, response) {
        response.sendStatusCode(202);
        forms.reports.push(await readForm(request));
      },
    });
    await forms.post(form);
    await until(() => forms.reports.length === 1);
    await forms.settled();
  });
});

describe("many uploads at once", () => {
  const count = process.env["PACKETRON_TEST_FULL"] === undefined ? 40 : 200;

  test(`${count} cut at random points leave no file and no descriptor, and every promise rejects`, async () => {
    const large = encodeForm([file(300_000, "a"), { name: "b", body: "x" }, file(200_000, "c")]);
    const forms = await startForms({ flags: MULTIPART_FORM_DATA });
    const cuts = Array.from({ length: count }, () => Math.floor(Math.random() * large.length));
    await Promise.all(
      cuts.map((bytes, index) => postAndLeave(forms.port, large, bytes, index % 2 ? "FIN" : "RST")),
    );
    // A reset can overtake the request itself. Then no handler runs, and there is no report.
    await forms.settled();
    expect(forms.reports.length).toBeLessThanOrEqual(count);
    for (const report of forms.reports) expect(report.rejected).toBe("PKT_BODY_ABORTED");
    expect(forms.errors).toEqual([]);
    expect((await forms.post(large)).report.error).toBeNull();
  });

  test("never share a name on disk, even with equal file names", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA });
    const answers = await Promise.all(
      Array.from({ length: count }, () => post(forms.port, encodeForm([file(1_000), file(1_000)]))),
    );
    const paths = answers.flatMap(({ report }) =>
      [report.files["file"]].flat().map((each) => Object(each).path),
    );
    expect(new Set(paths).size).toBe(2 * count);
    await forms.settled(2 * count);
  });

  test("with FORM_DATA settle, too, when they are cut at any point", async () => {
    const forms = await startForms({ flags: FORM_DATA });
    const cuts = Array.from({ length: count }, (_, index) => 1 + ((index * 7) % (form.length - 2)));
    await Promise.all(cuts.map((bytes) => postAndLeave(forms.port, form, bytes, "FIN")));
    await until(() => forms.reports.length === count);
    for (const report of forms.reports) expect(report.rejected).toBe("PKT_BODY_ABORTED");
  });
});

test("a server that stops removes its own directory below partial/", async () => {
  const directory = makeDirectory();
  const forms = await startForms({ flags: MULTIPART_FORM_DATA }, { directory });
  await forms.post(form);
  expect(readdirSync(join(directory, "partial"))).toHaveLength(1);
  await forms.server.stop();
  expect(readdirSync(join(directory, "partial"))).toEqual([]);
  expect(forms.files()).toHaveLength(2);
});
