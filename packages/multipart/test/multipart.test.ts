import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { PacketronHandlerFlags } from "@packetron/core";
import { bodyParserConformance, capabilityConformance, type ValidBody } from "@packetron/core/testing";
import { describe, expect, test } from "vitest";
import { multipart } from "../src/index.ts";
import { encodeForm, FORM_TYPE, file, type Part } from "./_forms.ts";
import { makeDirectory, startForms } from "./_server.ts";

const { FILE_UPLOAD, FORM_DATA, MULTIPART_FORM_DATA, REJECT_INVALID_BODY, RAW_BODY } = PacketronHandlerFlags;

const URLENCODED = "application/x-www-form-urlencoded";

function values(fields: Record<string, unknown>): object {
  return Object.assign(Object.create(null), fields);
}

function form(name: string, value: unknown, ...parts: readonly Part[]): ValidBody {
  return { name, mediaType: FORM_TYPE, body: encodeForm(parts), value };
}

const notForms = [
  { name: "no boundary at all", mediaType: "multipart/form-data", body: encodeForm([]) },
  { name: "an empty boundary", mediaType: 'multipart/form-data; boundary=""', body: encodeForm([]) },
  { name: "no final boundary", mediaType: FORM_TYPE, body: encodeForm([file(3)]).subarray(0, -4) },
  { name: "another boundary", mediaType: FORM_TYPE, body: encodeForm([file(3)], "border") },
  {
    name: "a header line without a colon",
    mediaType: FORM_TYPE,
    body: encodeForm([{ lines: ["no colon"] }]),
  },
  { name: "text", mediaType: FORM_TYPE, body: Buffer.from("no form") },
];

describe("MULTIPART_FORM_DATA does what every body parser does", () => {
  const suite = bodyParserConformance({
    create: () => multipart({ fileStorageDirectory: makeDirectory() }),
    flag: MULTIPART_FORM_DATA,
    valid: [
      form("a field", values({ a: "1" }), { name: "a", body: "1" }),
      form(
        "a field that is sent twice",
        values({ b: ["1", "ü"] }),
        { name: "b", body: "1" },
        { name: "b", body: "ü" },
      ),
      form("a field and a file", values({ c: "3" }), { name: "c", body: "3" }, file(300)),
      form(
        "a name that could reach a prototype",
        values({ ["__proto__"]: "x", toString: "y" }),
        { name: "__proto__", body: "x" },
        { name: "toString", body: "y" },
      ),
    ],
    invalid: notForms,
  });
  for (const { name, run } of suite) test(name, run);
});

describe("FORM_DATA does what every body parser does", () => {
  const suite = bodyParserConformance({
    create: () => multipart({ fileStorageDirectory: makeDirectory() }),
    flag: FORM_DATA,
    valid: [
      form("fields in parts", values({ a: "1", "b[c]": "2" }), { name: "a", body: "1" }, file(9), {
        name: "b[c]",
        body: "2",
      }),
      form("a form without parts", values({})),
    ],
    invalid: notForms,
  });
  // The flag has a text parser, too, so the suite expects raw bytes. A body that is read as a stream has none.
  for (const { name, run } of suite.filter(({ name }) => !name.includes("RAW_BODY")))
    test(`in parts: ${name}`, run);
  const urlencoded = bodyParserConformance({
    create: () => multipart(),
    flag: FORM_DATA,
    valid: [
      {
        name: "fields in a line",
        mediaType: URLENCODED,
        body: "a=1&b%5Bc%5D=2+3&a=%C3%BC",
        value: values({ a: ["1", "ü"], "b[c]": "2 3" }),
      },
      {
        name: "a name that could reach a prototype",
        mediaType: URLENCODED,
        body: "__proto__=x&constructor[prototype]=y",
        value: values({ ["__proto__"]: "x", "constructor[prototype]": "y" }),
      },
    ],
    invalid: [],
  });
  for (const { name, run } of urlencoded) test(`in a line: ${name}`, run);
});

describe("multipart() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(multipart)) test(name, run);
});

describe("a route with MULTIPART_FORM_DATA", () => {
  test("gives fields and files, and stores the files with mode 0600", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA });
    const { report } = await forms.post(
      encodeForm([
        { name: "title", body: "Grüße" },
        { name: "avatar", filename: "me.png", type: "image/png", body: "pixels" },
        { name: "note", filename: "empty.txt", body: "" },
      ]),
    );
    expect(report).toMatchObject({
      body: { title: "Grüße" },
      error: null,
      files: {
        avatar: { filename: "me.png", encoding: "7bit", mimeType: "image/png", size: 6, truncated: false },
        note: { filename: "empty.txt", mimeType: "text/plain", size: 0, truncated: false },
      },
    });
    const { path } = Object(report.files["avatar"]);
    expect(path).toMatch(/\/me_[0-9a-f]{8}_\d{13}\.png$/);
    expect(dirname(path)).toBe(forms.directory);
    expect(readFileSync(path, "utf8")).toBe("pixels");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await forms.settled(2);
  });

  test("creates a missing directory with mode 0700 when the first file arrives", async () => {
    const directory = `${makeDirectory()}/made/when/needed`;
    const forms = await startForms({
      flags: MULTIPART_FORM_DATA,
      multipartOptions: { fileStorageDirectory: directory },
    });
    expect((await forms.post(encodeForm([{ name: "a", body: "1" }]))).status).toBe(200);
    expect(statSync(directory, { throwIfNoEntry: false })).toBeUndefined();
    expect((await forms.post(encodeForm([file(1)]))).status).toBe(200);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  test("gives several files of one name as an array, in their order", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA });
    const parts = [1, 2, 3].map((size) => file(size, "f", `${size}.txt`));
    const { files } = (await forms.post(encodeForm(parts))).report;
    expect(files["f"]).toMatchObject([{ size: 1 }, { size: 2 }, { size: 3 }]);
  });

  test("leaves out a file input without a chosen file, and keeps a file that has bytes but no name", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA });
    const { files } = (await forms.post(encodeForm([file(0, "none", ""), file(2, "some", "")]))).report;
    expect(files).toMatchObject({ some: { filename: "", size: 2 } });
    expect(Object.keys(files)).toEqual(["some"]);
  });

  test("with FORM_DATA, too, reads urlencoded forms and keeps files", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA | FORM_DATA });
    expect((await forms.post(Buffer.from("a=1"), { type: URLENCODED })).report.body).toEqual({ a: "1" });
    expect((await forms.post(encodeForm([file(2)]))).report.files).toMatchObject({ file: { size: 2 } });
  });

  test.each([
    ["application/json", Buffer.from("{}")],
    [URLENCODED, Buffer.from("a=1")],
    ["multipart/mixed; boundary=frontier", encodeForm([])],
  ])("does not read a body of the type %s", async (type, body) => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA });
    expect((await forms.post(body, { type })).report).toMatchObject({
      body: null,
      error: "PKT_BODY_TYPE",
    });
    const strict = await startForms({ flags: MULTIPART_FORM_DATA | REJECT_INVALID_BODY });
    expect((await strict.post(body, { type })).status).toBe(415);
  });
});

describe("a route with FILE_UPLOAD", () => {
  test.each(notForms)("gives null and no files for $name", async ({ body, mediaType }) => {
    const forms = await startForms({ flags: FILE_UPLOAD });
    const { report } = await forms.post(body, { type: mediaType });
    expect(report).toMatchObject({ body: null, files: {}, error: "PKT_BODY_INVALID" });
    await forms.settled();
  });

  test("gives the path of the last file of a name, removes earlier files, and does not read fields", async () => {
    const forms = await startForms({ flags: FILE_UPLOAD });
    const { body, files } = (
      await forms.post(encodeForm([file(1, "a"), file(2, "b"), { name: "c", body: "3" }, file(3, "a")]))
    ).report;
    expect(body).toBe("");
    expect(Object.keys(files)).toEqual(["a", "b"]);
    expect(readFileSync(String(files["a"]), "utf8")).toBe("xxx");
    await forms.settled(2);
  });

  test("keeps the key of a field whose files were all too large, and the path of one that was not", async () => {
    const forms = await startForms({ flags: FILE_UPLOAD, multipartOptions: { maxFileSize: 5 } });
    const { files } = (await forms.post(encodeForm([file(9, "a"), file(5, "b"), file(6, "b"), file(8, "a")])))
      .report;
    expect(files).toEqual({ a: null, b: expect.any(String) });
    await forms.settled(1);
  });
});

describe("a route with FORM_DATA", () => {
  test("writes no file and creates no directory", async () => {
    const forms = await startForms({ flags: FORM_DATA });
    const { body, files } = (await forms.post(encodeForm([file(100_000), { name: "a", body: "1" }]))).report;
    expect([body, files]).toEqual([{ a: "1" }, {}]);
    expect(forms.files()).toEqual([]);
  });

  test("with RAW_BODY gives the bytes of an urlencoded form", async () => {
    const raw: (string | undefined)[] = [];
    const forms = await startForms({
      flags: FORM_DATA | RAW_BODY,
      async handler(request, response) {
        raw.push((await request.getRawBody())?.toString());
        response.sendJson(await request.getBody());
      },
    });
    expect((await forms.post(Buffer.from("a=%31"), { type: URLENCODED })).text).toBe('{"a":"1"}');
    expect(raw).toEqual(["a=%31"]);
  });
});
