import { PacketronHandlerFlags } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { problem } from "../../../core/test/_problem.ts";
import type { MultipartLimits } from "../../src/options.ts";
import { encodeForm, file, type Part, several } from "../_forms.ts";
import { limitEvents, readForm, startForms } from "../_server.ts";

const { FILE_UPLOAD, FORM_DATA, MULTIPART_FORM_DATA, REJECT_INVALID_BODY, REJECT_ON_LIMIT } =
  PacketronHandlerFlags;

const field = (index: number): Part => ({ name: `f${index}`, body: String(index) });
const small = (index: number): Part => file(index, `u${index}`);
const padding = (count: number): string[] => Array.from({ length: count }, (_, index) => `X-${index}: y`);
const headed = (pairs: number): Part => ({
  lines: ['Content-Disposition: form-data; name="h"', ...padding(pairs - 1)],
  body: "v",
});

interface Case {
  readonly limit: keyof MultipartLimits;
  readonly maximum: number;
  /** Makes the parts of a form whose limited quantity is `size`. */
  readonly make: (size: number) => readonly Part[];
  /** The relevant result of a form that exceeds the limit by one. */
  readonly over: object;
  /** The code of `getBodyError()` for such a form. */
  readonly error: string | null;
  /** The limit events of such a form. */
  readonly events: readonly (readonly unknown[])[];
  /** The field that a 413 names. */
  readonly field: string;
}

const cut = "PKT_MULTIPART_LIMIT";

const cases: readonly Case[] = [
  {
    limit: "maxFileSize",
    maximum: 1_000,
    make: (size) => [file(size, "f"), field(1)],
    over: { body: { f1: "1" }, files: { f: { path: null, size: 1_001, truncated: true } } },
    error: null,
    events: [
      [
        "multipart-file-limit",
        "f",
        { filename: "a.bin", encoding: "7bit", mimeType: "application/octet-stream" },
      ],
    ],
    field: "f",
  },
  {
    limit: "maxFiles",
    maximum: 3,
    make: (count) => [...several(count, small), field(9)],
    over: { body: { f9: "9" }, files: { u0: { size: 0 }, u1: { size: 1 }, u2: { size: 2 } } },
    error: cut,
    events: [["multipart-files-limit"]],
    field: "u3",
  },
  {
    limit: "maxFields",
    maximum: 3,
    make: (count) => [...several(count, field), small(1)],
    over: { body: { f0: "0", f1: "1", f2: "2" }, files: { u1: { size: 1 } } },
    error: cut,
    events: [["multipart-fields-limit"]],
    field: "f3",
  },
  {
    limit: "maxFieldSize",
    maximum: 100,
    make: (size) => [{ name: "t", body: "x".repeat(size) }, field(1)],
    over: { body: { t: "x".repeat(100), f1: "1" } },
    error: cut,
    events: [],
    field: "t",
  },
  {
    limit: "maxFieldNameSize",
    maximum: 10,
    make: (size) => [{ name: "n".repeat(size), body: "v" }, field(1)],
    over: { body: { nnnnnnnnnn: "v", f1: "1" } },
    error: cut,
    events: [],
    field: "nnnnnnnnnn",
  },
  {
    limit: "maxParts",
    maximum: 4,
    make: (count) => [...several(count - 2, field), ...several(2, small)],
    over: { body: { f0: "0", f1: "1", f2: "2" }, files: { u0: { size: 0 } } },
    error: cut,
    events: [["multipart-parts-limit"]],
    field: "u1",
  },
  {
    limit: "maxHeaderPairs",
    maximum: 50,
    make: (pairs) => [headed(pairs), field(1)],
    over: { body: null, files: {} },
    error: "PKT_BODY_INVALID",
    events: [],
    field: "h",
  },
];

describe.each(cases)("$limit of $maximum", ({ limit, maximum, make, over, error, events, field: named }) => {
  const multipartOptions = { [limit]: maximum };

  test("lets a form of one below the limit and of exactly the limit pass", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA | REJECT_ON_LIMIT, multipartOptions });
    for (const size of [maximum - 1, maximum]) {
      const { status, report } = await forms.post(encodeForm(make(size)));
      expect(status).toBe(200);
      expect(report).toMatchObject({ error: null, rejected: null, events: [] });
    }
  });

  test("reads on without what exceeds it, and reports that with event and error", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA, multipartOptions });
    const { status, report } = await forms.post(encodeForm(make(maximum + 1)));
    expect(status).toBe(200);
    expect(report).toMatchObject({ ...over, error, rejected: null, events });
    expect(report.events).toHaveLength(events.length);
    for (const answer of Object.values(report.body ?? {})) expect(answer).not.toBeInstanceOf(Array);
  });

  test("is answered with 413 under REJECT_ON_LIMIT, naming field and limit, and leaves no file", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA | REJECT_ON_LIMIT, multipartOptions });
    for (const step of [undefined, 100]) {
      const { status, text } = await forms.post(
        encodeForm(make(maximum + 1)),
        step === undefined ? {} : { step },
      );
      expect([status, text]).toEqual([413, problem(413, { code: cut, limit, maximum, field: named })]);
      expect(forms.files()).toEqual([]); // removed before the answer
    }
    expect(forms.reports).toMatchObject(Array(2).fill({ rejected: cut, error: cut }));
    expect([forms.warnings, forms.errors]).toEqual([[], []]);
    await forms.settled();
  });

  test("is answered before the handler by REJECT_INVALID_BODY when the values are incomplete", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA | REJECT_INVALID_BODY, multipartOptions });
    // The entry of a cut file says that it was cut, so the values are complete.
    const expected = { [cut]: 413, PKT_BODY_INVALID: 400 }[error ?? ""] ?? 200;
    expect((await forms.post(encodeForm(make(maximum + 1)))).status).toBe(expected);
    expect(forms.reports).toHaveLength(expected === 200 ? 1 : 0);
    expect((await forms.post(encodeForm(make(maximum)))).status).toBe(200);
  });

  test("turned off with Infinity lets more pass", async () => {
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA,
      multipartOptions: { [limit]: Number.POSITIVE_INFINITY },
    });
    expect((await forms.post(encodeForm(make(maximum + 1)))).report).toMatchObject({
      error: null,
      events: [],
    });
  });

  test("of 0 lets an empty form pass", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA, multipartOptions: { [limit]: 0 } });
    expect((await forms.post(encodeForm([]))).report).toMatchObject({ body: {}, error: null, events: [] });
  });
});

describe("the limits", () => {
  test.each([FORM_DATA, FILE_UPLOAD])("apply to files and parts under the flag %i, too", async (flags) => {
    const multipartOptions = { maxFileSize: 5, maxFiles: 1, maxParts: 3, maxFields: 1 };
    const forms = await startForms({ flags, multipartOptions });
    const parts = [file(6, "a"), file(1, "b"), field(1), field(2)];
    const { events } = (await forms.post(encodeForm(parts))).report;
    expect(events.map(([name]) => name).toSorted()).toEqual([
      "multipart-file-limit",
      "multipart-files-limit",
      "multipart-parts-limit",
    ]);
    await forms.settled();
  });

  test.each(["maxFieldSize", "maxFields", "maxFieldNameSize"] as const)(
    "apply to an urlencoded form: %s",
    async (limit) => {
      const body = Buffer.from("aaa=111&bbb=222&ccc=333");
      const type = "application/x-www-form-urlencoded";
      const multipartOptions = { [limit]: 2 };
      const forms = await startForms({ flags: FORM_DATA, multipartOptions });
      expect((await forms.post(body, { type })).report).toMatchObject({ error: cut, rejected: null });
      const strict = await startForms({ flags: FORM_DATA | REJECT_ON_LIMIT, multipartOptions });
      const { status, text } = await strict.post(body, { type });
      expect([status, JSON.parse(text)]).toMatchObject([413, { code: cut, limit, maximum: 2 }]);
      expect(strict.reports).toMatchObject([{ rejected: cut }]);
    },
  );

  test("emit events to listeners of the handler, even if the form was read before the handler ran", async () => {
    const seen: unknown[][] = [];
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA | REJECT_INVALID_BODY, // reads the form before the handler runs
      multipartOptions: { maxFileSize: 5 },
      async handler(request, response) {
        for (const event of limitEvents) {
          request.once(event, (...args: unknown[]) => seen.push(["once", event, ...args]));
          const removed = (): unknown => seen.push(["removed"]);
          request.on(event, removed).off(event, removed);
        }
        request.on("multipart-file-limit", (name: string) => seen.push(["on", name]));
        response.sendJson(await readForm(request));
      },
    });
    const { report } = await forms.post(encodeForm([file(6, "a"), file(7, "b")]));
    expect(report.events.map((event) => event.slice(0, 2))).toEqual([
      ["multipart-file-limit", "a"],
      ["multipart-file-limit", "b"],
    ]);
    expect(seen.map((each) => each.slice(0, 3))).toEqual([
      ["once", "multipart-file-limit", "a"],
      ["on", "a"],
      ["on", "b"],
    ]);
  });

  test("emit an event once for each cut file, and once for each other limit", async () => {
    const multipartOptions = { maxFileSize: 5, maxFiles: 2, maxFields: 1 };
    const forms = await startForms({ flags: MULTIPART_FORM_DATA, multipartOptions });
    const parts = [...several(4, (index) => file(6, `u${index}`)), ...several(4, field)];
    const { events } = (await forms.post(encodeForm(parts))).report;
    expect(events.map(([name, by]) => [name, by]).toSorted()).toEqual([
      ["multipart-fields-limit", undefined],
      ["multipart-file-limit", "u0"],
      ["multipart-file-limit", "u1"],
      ["multipart-files-limit", undefined],
    ]);
  });

  test("whose listener throws fail the request, but not the process", async () => {
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA,
      multipartOptions: { maxFileSize: 5 },
      async handler(request, response) {
        request.on("multipart-file-limit", () => {
          throw new Error("listener");
        });
        await request.getBody();
        response.sendOk();
      },
    });
    expect((await forms.post(encodeForm([file(6)]))).status).toBe(500);
    expect(forms.errors).toMatchObject([{ err: { message: "listener" } }]);
    await forms.settled();
  });

  test("do not touch an answer that has begun", async () => {
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA | REJECT_ON_LIMIT,
      multipartOptions: { maxFileSize: 5 },
      async handler(request, response) {
        response.write("begun");
        await request.getBody().catch(() => {});
        response.end(", done");
      },
    });
    expect(await forms.post(encodeForm([file(6)]))).toMatchObject({ status: 200, text: "begun, done" });
    await forms.settled();
  });

  test("discard the handler's own answer and its headers", async () => {
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA | REJECT_ON_LIMIT,
      multipartOptions: { maxFileSize: 5 },
      async handler(request, response) {
        response.setHeader("Content-Type", "text/csv");
        response.statusCode = 201;
        await request.getBody().catch(() => {});
        response.sendTextPlain("late");
      },
    });
    const answer = await forms.post(encodeForm([file(6, "f")]));
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
      413,
      { limit: "maxFileSize", field: "f" },
    ]);
    expect(forms.warnings).toEqual([]);
  });

  test.each([
    ["10,000 fields", several(10_000, field)],
    ["2,000 files", several(2_000, () => file(3))],
    ["10,000 parts that are not form-data", several(10_000, () => ({ lines: ["X: y"] }))],
    [
      "2,500 header lines",
      [
        {
          lines: [
            "Content-Disposition: form-data; name=a",
            ...padding(2_500).map((line) => line.slice(0, 5)),
          ],
        },
      ],
    ],
    [
      "a header line of a megabyte",
      [{ lines: [`Content-Disposition: form-data; name="${"n".repeat(2 ** 20)}"`] }],
    ],
  ])("protect the server from %s", async (_name, parts) => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA | REJECT_ON_LIMIT | REJECT_INVALID_BODY });
    const started = performance.now();
    expect([400, 413]).toContain((await forms.post(encodeForm(parts))).status);
    expect(performance.now() - started).toBeLessThan(3_000);
    const lax = await startForms({ flags: MULTIPART_FORM_DATA });
    expect((await lax.post(encodeForm(parts))).status).toBe(200);
    expect((await lax.post(encodeForm([field(1)]))).report.body).toEqual({ f1: "1" });
  });
});
