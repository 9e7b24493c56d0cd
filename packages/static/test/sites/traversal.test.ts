/** Attack: paths that lead out of the directory, in all spellings that clients have tried on servers. */
import { renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type Packetron, PacketronFileRouterFlags } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { problem } from "../../../core/test/_problem.ts";
import { readAll } from "../_raw.ts";
import { ask, makeFolder, startSite } from "../_site.ts";

const CANARY = "canary-4b1d";

/** Spellings of `..`, raw on the wire (Latin-1). */
const UPS = [
  "..",
  "%2e%2e",
  "%2E%2E",
  ".%2e",
  "%2e.",
  "%252e%252e",
  "%25252e%25252e",
  "..%00",
  "%00..",
  "..%20",
  "..;",
  "..;a=b",
  "...",
  "....",
  ". .",
  "%c0%ae%c0%ae",
  "\xc0\xae\xc0\xae",
  "%e0%80%ae%e0%80%ae",
  "%f0%80%80%ae%f0%80%80%ae",
  "%uff0e%uff0e",
  "%u002e%u002e",
  "%ef%bc%8e%ef%bc%8e",
  "．．",
  "%e2%80%a5",
  "..%01",
  "..%0d%0a",
  "%2e%2e%2e",
  "0x2e0x2e",
];

/** Spellings of `/`. */
const SLASHES = [
  "/",
  "//",
  "///",
  "/./",
  "\\",
  "\\\\",
  "/\\",
  "%2f",
  "%2F",
  "%252f",
  "%25252f",
  "%5c",
  "%5C",
  "%255c",
  "%c0%af",
  "\xc0\xaf",
  "%c1%9c",
  "%e0%80%af",
  "%u2215",
  "%u2216",
  "%ef%bc%8f",
  "%00/",
  "/%00",
  "/%2e/",
  ";/",
];

/** Beginnings and ends of the targets of an attacker. */
const STARTS = ["/", "/static/", "/static/sub/", "//", "/static/sub/a.txt/"];
const ENDS = ["", "%00.txt", "?x=.txt", "#.txt", "/", "%20", ".", "::$DATA"];

function* targets(): Generator<string> {
  for (const start of STARTS)
    for (const up of UPS)
      for (const slash of SLASHES)
        for (const depth of [1, 3]) yield `${start}${`${up}${slash}`.repeat(depth)}secret.txt`;
  for (const end of ENDS) for (const up of UPS.slice(0, 6)) yield `/static/${up}/secret.txt${end}`;
  const absolute = [
    "/etc/passwd",
    "//etc/passwd",
    "/%2fetc%2fpasswd",
    "file:///etc/passwd",
    "http://a/../secret.txt",
    "http://a/static/..%2fsecret.txt",
  ];
  yield* absolute;
  for (const name of ["/proc/self/environ", "/dev/zero", "C:\\windows\\win.ini", "\\\\host\\share"]) {
    yield `/static/${name}`;
    yield `/static/${encodeURIComponent(name)}`;
    yield `/static/${"../".repeat(12)}${name}`;
  }
  yield* [
    "/static/link.txt",
    "/static/linked/secret.txt",
    "/static/linked/../secret.txt",
    "/static/.env",
    "/static/%2eenv",
    "/static/sub/.hidden",
  ];
}

/** Number of targets that are sent in one pipeline. */
const PIPELINE = 20;

/** Sends targets in several pipelines at once, and returns all received bytes. */
async function sendAll(server: Packetron, list: readonly string[]): Promise<string> {
  const pipelines: Promise<string>[] = [];
  for (let index = 0; index < list.length; index += PIPELINE)
    pipelines.push(sendPipeline(server, list.slice(index, index + PIPELINE)));
  return (await Promise.all(pipelines)).join("");
}

/** Sends targets on one connection. The server closes it after a malformed one: then the others follow on the next. */
async function sendPipeline(server: Packetron, list: readonly string[]): Promise<string> {
  const requests = list.map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n`);
  const text = `${requests.join("\r\n")}Connection: close\r\n\r\n`;
  const received = (await readAll(server.port, Buffer.from(text, "latin1"))).toString("latin1");
  const answered = statusesIn(received).length;
  expect(answered).toBeGreaterThan(0);
  return answered < list.length ? received + (await sendPipeline(server, list.slice(answered))) : received;
}

function statusesIn(received: string): string[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = ""]) => status);
}

test("several thousand paths out of the directory lead to no file outside, and none breaks the server", async () => {
  const parent = makeFolder({
    "secret.txt": CANARY,
    "public/.env": CANARY,
    "public/sub/.hidden": CANARY,
    "public/sub/a.txt": "a",
    "other/secret.txt": CANARY,
  });
  const directory = join(parent, "public");
  symlinkSync("../secret.txt", join(directory, "link.txt"));
  symlinkSync("../other", join(directory, "linked"));
  const { server, lines } = await startSite((site) => {
    site.serve({ directory, pathPrefix: "static" });
    site.serve({ directory, flags: PacketronFileRouterFlags.INDEX_HTML });
    site.serve({ directory, pathPrefix: "flat", flags: PacketronFileRouterFlags.NO_DIRECTORY_STRUCTURE });
    site.handle({
      routePath: "send",
      handler: (request, response) => response.sendFile(String(request.query["name"]), { root: directory }),
    });
  });
  const all = [...targets()];
  const sent = all.flatMap((target) => [target, `/send?name=${target.replace(/[#&+]/g, "")}`]);
  expect(all.length).toBeGreaterThan(7_000);
  const statuses = new Set<string>();
  for (let index = 0; index < sent.length; index += 100) {
    const received = await sendAll(server, sent.slice(index, index + 100));
    expect(received).not.toContain(CANARY);
    expect(received).not.toContain("root:x:");
    for (const status of statusesIn(received)) statuses.add(status);
  }
  expect([...statuses].toSorted()).toEqual(["400", "404"]);
  expect(lines.filter(({ level }) => level !== "debug")).toEqual([]);
  expect((await ask(server, "GET /static/%73ub/a.txt")).text).toBe("a");
  expect((await ask(server, "GET /send?name=sub/a.txt")).text).toBe("a");
}, 120_000);

describe.skipIf(process.platform === "win32")("between the check of a file and its opening", () => {
  const options = { revalidateAfter: 60_000 };

  test.each([2 ** 20, 100])(
    "a folder that becomes a link to outside makes the file a 404 (%i bytes)",
    async (size) => {
      const directory = makeFolder({ "sub/file": Buffer.alloc(size, "inside") });
      const outside = makeFolder({ file: Buffer.alloc(size, CANARY) });
      const { server } = await startSite((site) => site.serve({ directory }), { options });
      expect((await ask(server, "HEAD /sub/file")).status).toBe(200);
      renameSync(join(directory, "sub"), join(directory, "before"));
      symlinkSync(outside, join(directory, "sub"));
      const { status, text } = await ask(server, "GET /sub/file");
      expect([status, text.slice(0, 60)]).toEqual([404, problem(404)]);
    },
  );

  test("a file that replaces it is sent", async () => {
    const directory = makeFolder({ old: Buffer.alloc(2 ** 20, "old"), new: Buffer.alloc(2 ** 19, "new") });
    const { server } = await startSite((site) => site.serve({ directory }), { options });
    expect((await ask(server, "HEAD /old")).status).toBe(200);
    renameSync(join(directory, "new"), join(directory, "old"));
    const { status, body } = await ask(server, "GET /old");
    expect([status, body.length, body.toString("utf8", 0, 3)]).toEqual([200, 2 ** 19, "new"]);
  });
});
