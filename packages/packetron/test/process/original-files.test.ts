/** The API of the original, by the programs of its README: uploads and static files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createForm, readJson, startOriginal, useOriginal } from "./_original.ts";

/** The body of a 404 by Packetron. */
const NOT_FOUND = '{"type":"about:blank","title":"Not Found","status":404}';

describe("uploads", () => {
  const program = useOriginal("uploads");

  test("MULTIPART_FORM_DATA: with every option, fields and files are read in one pass, and files are on disk", async () => {
    const { origin, temporary } = program();
    const body = createForm([
      ["name", "Ada"],
      ["tag", "one"],
      ["tag", "two"],
      ["avatar", "pixels", "avatar.png", "image/png"],
      ["page", "first", "1.txt", "text/plain"],
      ["page", "second", "2.txt", "text/plain"],
    ]);
    const answer: { fields: unknown; files: { avatar: Entry; page: Entry[] } } = JSON.parse(
      await (await fetch(`${origin}/upload`, { method: "POST", body })).text(),
    );
    expect(answer.fields).toEqual({ name: "Ada", tag: ["one", "two"] });
    const { avatar, page } = answer.files;
    expect(avatar).toEqual({
      path: expect.stringMatching(/avatar_[0-9a-f]{8}_\d{13}\.png$/),
      filename: "avatar.png",
      encoding: "7bit",
      mimeType: "image/png",
      size: 6,
      truncated: false,
    });
    expect(avatar.path.startsWith(join(temporary, "uploads"))).toBe(true);
    expect(readFileSync(avatar.path, "utf8")).toBe("pixels");
    expect(page.map(({ filename, path }) => [filename, readFileSync(path, "utf8")])).toEqual([
      ["1.txt", "first"],
      ["2.txt", "second"],
    ]);
  });

  test("MULTIPART_FORM_DATA: without fileStorageDirectory a file goes below the directory of temporary files", async () => {
    const { origin, temporary } = program();
    const body = createForm([["avatar", "pixels", "avatar.png", "image/png"]]);
    const answer: { files: { avatar: Entry } } = JSON.parse(
      await (await fetch(`${origin}/temporary`, { method: "POST", body })).text(),
    );
    expect(answer.files.avatar.path.startsWith(join(temporary, ".packetroninternal"))).toBe(true);
    expect(answer.files.avatar.path).toMatch(/[\\/]files[\\/]avatar_[0-9a-f]{8}_\d{13}\.png$/);
  });

  test("onFile: takes over the stream, and what it returns is the entry in getFiles()", async () => {
    const { origin, temporary } = await startOriginal("uploads");
    const body = createForm([
      ["name", "Ada"],
      ["avatar", "pixels", "avatar.png", "image/png"],
    ]);
    expect(await readJson(fetch(`${origin}/remote`, { method: "POST", body }))).toEqual({
      fields: { name: "Ada" },
      files: { avatar: { key: "avatar.png", etag: "d399848208da8b80a306af0fd62bb03f" } },
    });
    expect(filesBelow(temporary)).toEqual([]);
  });

  test.for([
    ["multipart-file-limit", createForm([["big", "12345", "big.txt"]]), ["file", "big", "big.txt"]],
    [
      "multipart-files-limit",
      createForm([
        ["a", "1", "a.txt"],
        ["a", "2", "b.txt"],
        ["a", "3", "c.txt"],
      ]),
      ["files"],
    ],
    [
      "multipart-fields-limit",
      createForm([
        ["a", "1"],
        ["b", "2"],
      ]),
      ["fields"],
    ],
    [
      "multipart-parts-limit",
      createForm([
        ["a", "1"],
        ["f", "1", "a.txt"],
        ["f", "2", "b.txt"],
        ["c", "4"],
      ]),
      ["parts"],
    ],
  ] as const)(
    "%s: fires on the request when its limit is breached, with its arguments",
    async ([, body, event]) => {
      const { origin } = program();
      const answer = await readJson(fetch(`${origin}/limited`, { method: "POST", body }));
      expect(answer["events"]).toContainEqual(event);
    },
  );

  test("maxFileSize: a file over it is unlinked, and its entry says that it was truncated", async () => {
    const { origin, temporary } = await startOriginal("uploads");
    const body = createForm([["big", "12345", "big.txt"]]);
    const answer: { files: { big: Entry } } = JSON.parse(
      await (await fetch(`${origin}/limited`, { method: "POST", body })).text(),
    );
    expect(answer.files.big).toMatchObject({ path: null, filename: "big.txt", size: 5, truncated: true });
    expect(filesBelow(temporary)).toEqual([]);
  });

  test("FILE_UPLOAD: getFiles() gives plain paths, getBody() an empty string, and fields are not captured", async () => {
    const { origin, temporary } = program();
    const body = createForm([
      ["name", "Ada"],
      ["avatar", "pixels", "avatar.png", "image/png"],
    ]);
    const answer: { body: unknown; files: { avatar: string } } = JSON.parse(
      await (await fetch(`${origin}/legacy`, { method: "POST", body })).text(),
    );
    expect(answer).toEqual({
      body: "",
      files: { avatar: expect.stringMatching(/avatar_[0-9a-f]{8}_\d{13}\.png$/) },
    });
    expect(answer.files.avatar.startsWith(join(temporary, "uploads"))).toBe(true);
    expect(readFileSync(answer.files.avatar, "utf8")).toBe("pixels");
  });
});

describe("static files", () => {
  const program = useOriginal("static");

  test.for([
    ["static/page.html", 200, "text/html; charset=utf-8", "<h1>Hi</h1>\n"],
    ["static/blob.unknowntype", 200, "application/octet-stream", "data\n"],
    ["static/nested/style.css", 404, "application/problem+json", NOT_FOUND],
    ["robots.txt", 200, "text/plain; charset=utf-8", "User-agent: *\n"],
    ["tree/nested/style.css", 200, "text/css; charset=utf-8", "body {\n  color: black;\n}\n"],
    ["flat/style.css", 200, "text/css; charset=utf-8", "body {\n  color: black;\n}\n"],
    ["flat/nested/style.css", 404, "application/problem+json", NOT_FOUND],
  ] as const)("serve() and serveFile(): /%s is %i", async ([path, status, type, text]) => {
    const { origin } = program();
    const answer = await fetch(`${origin}/${path}`);
    expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
      status,
      type,
      text,
    ]);
  });

  test("serve(): global plugins see served files, unless LOCAL_PLUGINS_ONLY says otherwise", async () => {
    const { origin } = program();
    const answers = await Promise.all(
      ["static", "local"].map((prefix) => fetch(`${origin}/${prefix}/page.html`)),
    );
    expect(answers.map((answer) => [answer.status, answer.headers.get("x-global")])).toEqual([
      [200, "yes"],
      [200, null],
    ]);
  });

  test("serve(): a rate limit applies to each file separately", async () => {
    const { origin } = program();
    const paths = ["page.html", "page.html", "nested/style.css"];
    const answers = await Promise.all(paths.map((path) => fetch(`${origin}/slow/${path}`)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 429]);
  });

  test("unserve(): removes the files of a directory and prefix, and keeps the others", async () => {
    const { origin } = await startOriginal("static");
    expect((await fetch(`${origin}/unserve`)).status).toBe(200);
    expect((await fetch(`${origin}/static/page.html`)).status).toBe(404);
    expect((await fetch(`${origin}/tree/page.html`)).status).toBe(200);
  });

  test("USER_SPECIFIED_FILE: serveFile() sets it by itself, so it may be given and changes nothing", async () => {
    const { origin } = program();
    const answers = await Promise.all(["robots.txt", "marked.txt"].map((path) => fetch(`${origin}/${path}`)));
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts).toEqual(["User-agent: *\n", "User-agent: *\n"]);
  });

  test("PacketronConstants._mimeTypes: maps the extensions that files are served with", async () => {
    const { origin } = program();
    expect(await readJson(fetch(`${origin}/types`))).toEqual({ html: "text/html" });
  });
});

interface Entry {
  readonly path: string;
  readonly filename: string;
}

/** The files of uploads in a folder. The registration file of the running program is left out. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^control-\w+\.json$/.test(entry.name))
    .map((entry) => entry.name);
}
