/** Forms that are split at any byte, have any content, or are malformed. */
import { readFileSync } from "node:fs";
import { PacketronHandlerFlags } from "@packetron/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoint } from "../../../core/test/_code-point.ts";
import { BOUNDARY, encodeForm, type Part } from "../_forms.ts";
import { type FormServer, type Report, startForms } from "../_server.ts";

const { MULTIPART_FORM_DATA } = PacketronHandlerFlags;

const disposition = (rest: string): string => `Content-Disposition: form-data; ${rest}`;

/** The fields of a report, and the content of its files. */
function contentOf({ body, files, error }: Report): object {
  const read = (entry: unknown): unknown =>
    Array.isArray(entry) ? entry.map(read) : readFileSync(Object(entry).path, "latin1");
  return {
    body,
    files: Object.fromEntries(Object.entries(files).map(([name, entry]) => [name, read(entry)])),
    error,
  };
}

const whole = (text: string): Buffer => Buffer.from(text, "latin1");

describe("a form", () => {
  type Row = readonly [name: string, body: Buffer, fields: object, files?: object];
  const forms: readonly Row[] = [
    ["of one field", encodeForm([{ name: "a", body: "1" }]), { a: "1" }],
    ["without parts", encodeForm([]), {}],
    [
      "with an empty value and an empty file",
      encodeForm([{ name: "a" }, { name: "f", filename: "f" }]),
      { a: "" },
      { f: "" },
    ],
    [
      "whose contents look like its boundary",
      encodeForm([
        { name: "a", body: "\r\n--frontie\r\n--frontieR--\r\n-" },
        { name: "f", filename: "f", body: "-frontier\r\n\r\n--frontie" },
      ]),
      { a: "\r\n--frontie\r\n--frontieR--\r\n-" },
      { f: "-frontier\r\n\r\n--frontie" },
    ],
    [
      "with a preamble and an epilogue",
      Buffer.concat([
        whole("preamble\r\n"),
        encodeForm([{ name: "a", body: "1" }]),
        whole("epilogue\r\n--frontier\r\n"),
      ]),
      { a: "1" },
    ],
    ["without the last line end", encodeForm([{ name: "a", body: "1" }]).subarray(0, -2), { a: "1" }],
    [
      "without names",
      encodeForm([{ body: "1" }, { name: "", body: "2" }, { filename: "f", body: "3" }]),
      { "": ["1", "2"] },
      { "": "3" },
    ],
    [
      "with parts that are not form-data, which are left out",
      encodeForm([
        { lines: ["Content-Disposition: attachment; name=x"], body: "0" },
        { lines: ["X: y"] },
        { name: "a", body: "1" },
      ]),
      { a: "1" },
    ],
    [
      "with folded header lines in upper and lower case",
      encodeForm([
        { lines: ["CONTENT-disposition: form-data;", '\tname="a"', "Content-Type: TEXT/Plain"], body: "1" },
      ]),
      { a: "1" },
    ],
    [
      "with two Content-Dispositions in a part, of which the first counts",
      encodeForm([{ lines: [disposition("name=a"), disposition("name=b")], body: "1" }]),
      { a: "1" },
    ],
    [
      "with an octet stream without a file name, which is a file",
      encodeForm([{ name: "f", type: "application/octet-stream", body: "1" }]),
      {},
      { f: "1" },
    ],
    [
      "with names that every object has",
      encodeForm([
        { name: "__proto__", body: "1" },
        { name: "__proto__", filename: "x", body: "2" },
        { name: "toString", body: "3" },
      ]),
      JSON.parse('{"__proto__":"1","toString":"3"}'),
      JSON.parse('{"__proto__":"2"}'),
    ],
    [
      "with numbers as names",
      encodeForm([
        { name: "1", body: "a" },
        { name: "0", body: "b" },
      ]),
      { 0: "b", 1: "a" },
    ],
    [
      "with brackets in names, which are not expanded",
      encodeForm([
        { name: "a[b]", body: "1" },
        { name: "a[__proto__][x]", body: "2" },
        { name: "a[]", body: "3" },
      ]),
      { "a[b]": "1", "a[__proto__][x]": "2", "a[]": "3" },
    ],
    ["in UTF-8", encodeForm([{ name: "grüße", body: "日本😀" }]), { grüße: "日本😀" }],
    [
      "in Latin-1, as its Content-Type says",
      encodeForm([
        {
          lines: [disposition("name=a"), "Content-Type: text/plain; charset=iso-8859-1"],
          body: whole("\xe9"),
        },
      ]),
      { a: "é" },
    ],
    [
      "in Shift_JIS, as its Content-Type says",
      encodeForm([
        {
          lines: [disposition("name=a"), 'Content-Type: text/plain; charset="Shift_JIS"'],
          body: whole("\x93\xfa\x96\x7b"),
        },
      ]),
      { a: "日本" },
    ],
    [
      "in an unknown charset, which is read as UTF-8",
      encodeForm([
        { lines: [disposition("name=a"), "Content-Type: text/plain; charset=klingon"], body: "é" },
      ]),
      { a: "é" },
    ],
    ["of bytes that are not UTF-8", encodeForm([{ name: "a", body: whole("\xff") }]), { a: "\ufffd" }],
    [
      "whose filename* is malformed",
      encodeForm([{ lines: [disposition("name=f; filename=f.txt; filename*=UTF-8''%zz")], body: "1" }]),
      {},
      { f: "1" },
    ],
  ];

  const rows = forms.map(([name, body, fields, files = {}]) => ({ name, body, fields, files }));

  test.each(rows)("$name is read, whole and byte by byte", async ({ body, fields, files }) => {
    const server = await startForms({ flags: MULTIPART_FORM_DATA });
    const expected = { body: fields, files, error: null };
    for (const step of [body.length, 1]) {
      const { status, report } = await server.post(body, { step });
      expect(status).toBe(200);
      expect(contentOf(report)).toEqual(expected);
      expect(Object.keys(report.body ?? {})).toEqual(Object.keys(fields)); // toEqual() ignores __proto__
    }
  });

  test.each([
    [
      "whose final boundary is missing",
      encodeForm([{ name: "f", filename: "f", body: "x".repeat(99) }]).subarray(0, -4),
    ],
    ["that ends in a header", whole(`--${BOUNDARY}\r\nContent-Dispo`)],
    ["that ends after a header", whole(`--${BOUNDARY}\r\n${disposition("name=f; filename=f")}\r\n\r\n`)],
    [
      "with a header line without a colon",
      encodeForm([{ name: "f", filename: "f", body: "x" }, { lines: ["no colon here"] }]),
    ],
    ["with NUL in a header line", encodeForm([{ lines: [disposition('name="f"; filename="a\0b"')] }])],
    ["of another boundary", encodeForm([{ name: "a", body: "1" }], "other")],
    ["of plain text", whole("just text")],
  ])("%s is not valid, and leaves no file", async (_name, body) => {
    const server = await startForms({ flags: MULTIPART_FORM_DATA });
    for (const step of [body.length, 1])
      expect((await server.post(body, { step })).report).toMatchObject({
        body: null,
        files: {},
        error: "PKT_BODY_INVALID",
        rejected: null,
      });
    await server.settled();
    expect(server.errors).toEqual([]);
  });

  test.each([
    [`multipart/form-data; boundary="${BOUNDARY}"`, null],
    [`Multipart/Form-Data; charset=utf-8; Boundary=${BOUNDARY}`, null],
    [`multipart/form-data; boundary=${BOUNDARY}; boundary=other`, "PKT_BODY_INVALID"],
    [`multipart/form-data; boundary=${"b".repeat(200)}`, "PKT_BODY_INVALID"],
    ["multipart/form-data; boundary=", "PKT_BODY_INVALID"],
    ["multipart/form-data", "PKT_BODY_INVALID"],
    ["multipart/form-data; boundary=a b", "PKT_BODY_INVALID"],
  ])("of the type %s has the error %s", async (type, error) => {
    const server = await startForms({ flags: MULTIPART_FORM_DATA });
    const { report } = await server.post(encodeForm([{ name: "a", body: "1" }]), { type });
    expect(report).toMatchObject({ body: error === null ? { a: "1" } : null, error });
  });
});

describe("any form", () => {
  const name = fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replace(/\p{Cc}/gu, ""));
  const field = fc.record({
    name,
    body: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  });
  const file = fc.record({
    name,
    filename: fc.constantFrom("a.txt", "ü"),
    body: fc.uint8Array({ maxLength: 300 }),
  });
  const parts: fc.Arbitrary<Part[]> = fc.array(fc.oneof(field, file), { maxLength: 12 });

  test("gives the fields and files that were encoded, wherever it is split", async () => {
    const server = await startForms({ flags: MULTIPART_FORM_DATA });
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 400 }), async (given, step) => {
        const { report } = await server.post(encodeForm(given), { step });
        expect(contentOf(report)).toEqual({ ...valuesOf(given), error: null });
      }),
      { numRuns: 60 },
    );
  });

  test("of random pieces gets an answer, and the next form is read", async () => {
    const server = await startForms({ flags: MULTIPART_FORM_DATA });
    const piece = fc.oneof(
      fc.constantFrom(
        `--${BOUNDARY}`,
        `\r\n--${BOUNDARY}`,
        "--",
        "\r\n",
        "\r\n\r\n",
        disposition("name=a"),
        disposition("name=f; filename=f"),
        "Content-Type: a/b",
        ":",
        "\0",
      ),
      fc.string({ unit: codePoint, maxLength: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 50 }),
        async (pieces, step) => {
          const body = Buffer.from(pieces.join(""));
          fc.pre(body.length > 0);
          const { status, report } = await server.post(body, { step });
          expect([status, report.rejected]).toEqual([200, null]);
          expect([null, "PKT_BODY_INVALID"]).toContain(report.error);
        },
      ),
      { numRuns: 150 },
    );
    await checkAlive(server);
  });

  test("of random bytes with any Content-Type gets an answer", async () => {
    const server = await startForms({ flags: MULTIPART_FORM_DATA });
    const parameters = fc.string({ unit: fc.constantFrom(..."boundary=;\"' -ab\t,/"), maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), parameters, async (bytes, text) => {
        const { status } = await server.post(Buffer.from(bytes), { type: `multipart/form-data;${text}` });
        expect(status).toBe(200);
      }),
      { numRuns: 100 },
    );
    await checkAlive(server);
  });
});

async function checkAlive(server: FormServer): Promise<void> {
  expect((await server.post(encodeForm([{ name: "a", body: "1" }]))).report.body).toEqual({ a: "1" });
  expect(server.errors).toEqual([]);
  expect(server.descriptors()).toBe(0);
}

function valuesOf(parts: readonly Part[]): { body: object; files: object } {
  const collect = (chosen: readonly Part[], read: (part: Part) => string): object => {
    const lists = new Map<string, Part[]>();
    for (const part of chosen) lists.set(part.name ?? "", [...(lists.get(part.name ?? "") ?? []), part]);
    return Object.fromEntries(
      [...lists].map(([name, list]) => [name, list.length === 1 && list[0] ? read(list[0]) : list.map(read)]),
    );
  };
  return {
    body: collect(
      parts.filter(({ filename }) => filename === undefined),
      ({ body = "" }) => Buffer.from(body).toString(),
    ),
    files: collect(
      parts.filter(({ filename }) => filename !== undefined),
      ({ body = "" }) => Buffer.from(body).toString("latin1"),
    ),
  };
}
