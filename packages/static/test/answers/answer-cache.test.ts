import { rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Capability, Packetron } from "@packetron/core";
import { describe, expect, onTestFinished, test } from "vitest";
import type { StaticFilesOptions } from "../../src/index.ts";
import { parseAnswer, type RawAnswer } from "../_raw.ts";
import { LONG_AGO, makeFolder, startSite, write } from "../_site.ts";

const BYTES = Buffer.from(Array.from({ length: 1_024 }, (_, index) => index % 256));
const LARGE = Buffer.alloc(100_000, BYTES);
const WAYS = ["direct", "standard"] as const;

function makeSite(): string {
  return makeFolder({
    "small.bin": BYTES,
    "large.txt": LARGE,
    empty: "",
    "page.html": "<p>hi</p>".repeat(50),
    "page.html.gz": gzipSync("<p>hi</p>".repeat(50)),
  });
}

async function start(
  directory: string,
  dispatch: (typeof WAYS)[number],
  setup: { readonly options?: StaticFilesOptions; readonly capabilities?: readonly Capability[] } = {},
): Promise<Packetron> {
  const { server } = await startSite((site) => site.serve({ directory, cacheControl: "max-age=5" }), {
    ...setup,
    server: { dispatch },
  });
  return server;
}

/** Sends a request several times on one connection, one after another, and returns all answers. */
async function askOften(
  server: Packetron,
  requestLine: string,
  fields: Readonly<Record<string, string>>,
  times: number,
): Promise<RawAnswer[]> {
  const socket = connect({ host: "127.0.0.1", port: server.port });
  onTestFinished(() => void socket.destroy());
  const head = Object.entries({ Host: "localhost", ...fields }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const method = requestLine.slice(0, requestLine.indexOf(" "));
  const answers: RawAnswer[] = [];
  for (let turn = 0; turn < times; turn++) {
    socket.write(`${requestLine} HTTP/1.1\r\n${head.join("")}\r\n`);
    answers.push(await nextAnswer(socket, method));
  }
  return answers;
}

/** Reads the next answer. */
function nextAnswer(socket: Socket, method: string): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let raw = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      raw = Buffer.concat([raw, chunk]);
      try {
        const answer = parseAnswer(raw, method);
        socket.off("data", take);
        resolve(answer);
      } catch {} // not complete yet
    };
    socket.on("data", take);
    socket.once("close", () => reject(new Error(`closed after ${raw.length} bytes`)));
  });
}

/** The parts of an answer that must be equal: all but its date. */
function essence({ status, headers, body }: RawAnswer): unknown {
  const { date: _date, ...rest } = headers;
  return [status, Object.entries(rest).toSorted(), body.toString("latin1")];
}

describe("a prepared answer equals the answer without preparation", () => {
  const tag = `W/"400-${LONG_AGO.getTime().toString(16)}"`;
  test.each<readonly [string, Readonly<Record<string, string>>, number]>([
    ["GET /small.bin", {}, 200],
    ["GET /large.txt", {}, 200],
    ["GET /empty", {}, 200],
    ["HEAD /small.bin", {}, 200],
    ["HEAD /large.txt", {}, 200],
    ["GET /small.bin", { "If-None-Match": tag }, 304],
    ["HEAD /small.bin", { "If-None-Match": tag }, 304],
    ["GET /small.bin", { "If-None-Match": `"other", ${tag}` }, 304],
    ["GET /small.bin", { "If-None-Match": tag.slice(2) }, 304],
    ["GET /small.bin", { "If-None-Match": '"other"' }, 200],
    ["GET /small.bin", { "If-None-Match": '"other"', "If-Modified-Since": LONG_AGO.toUTCString() }, 200],
    ["GET /small.bin", { "If-Modified-Since": LONG_AGO.toUTCString() }, 304],
    ["GET /small.bin", { "If-Modified-Since": new Date(0).toUTCString() }, 200],
    ["GET /small.bin", { "If-Match": tag }, 412],
    ["GET /small.bin", { "If-Match": "*", "If-None-Match": tag }, 304],
    ["GET /small.bin", { "If-Unmodified-Since": new Date(0).toUTCString(), "If-None-Match": tag }, 412],
    ["GET /small.bin", { Range: "bytes=1-3" }, 206],
    ["GET /small.bin", { Range: "bytes=2000-" }, 416],
    ["GET /small.bin", { Range: "bytes=1-3", "If-None-Match": tag }, 304],
    ["GET /page.html", {}, 200],
    ["GET /page.html", { "Accept-Encoding": "gzip, br" }, 200],
    ["GET /page.html", { "Accept-Encoding": "gzip;q=0" }, 200],
    ["HEAD /page.html", { "Accept-Encoding": "gzip" }, 200],
    ["GET /nothing", {}, 404],
  ])("%s with %j", async (line, fields, status) => {
    const directory = makeSite();
    const [prepared, standard, uncached] = await Promise.all([
      start(directory, "direct"),
      start(directory, "standard"),
      start(directory, "direct", { options: { cacheBytes: 0 } }),
    ]);
    await askOften(prepared, line.replace("HEAD", "GET"), {}, 1); // so that the bytes are in memory
    const answers = [
      ...(await askOften(prepared, line, fields, 3)),
      ...(await askOften(standard, line, fields, 2)),
      ...(await askOften(uncached, line, fields, 1)),
    ];
    const [first] = answers;
    expect(first?.status).toBe(status);
    for (const answer of answers) expect(essence(answer)).toEqual(first && essence(first));
  });
});

describe.each(WAYS)("a file that is asked for often, %s dispatch", (dispatch) => {
  test("is sent with the headers that a plugin has set", async () => {
    const capability: Capability = {
      name: "headers",
      install: (host) =>
        void host.gate(0, (request, response) => {
          response.setHeader("X-Own", "1");
          if (request.path === "/page.html") response.setHeader("Vary", "Origin").setHeader("ETag", '"mine"');
        }),
    };
    const server = await start(makeSite(), dispatch, { capabilities: [capability] });
    for (const { headers, body } of await askOften(server, "GET /small.bin", {}, 3)) {
      expect(headers).toMatchObject({ "x-own": "1", "content-length": "1024", "cache-control": "max-age=5" });
      expect(body.equals(BYTES)).toBe(true);
    }
    for (const { headers } of await askOften(server, "GET /page.html", {}, 3))
      expect(headers).toMatchObject({ "x-own": "1", vary: "Origin, Accept-Encoding", etag: '"mine"' });
    const conditional = await askOften(server, "GET /page.html", { "If-None-Match": '"mine"' }, 2);
    expect(conditional.map(({ status }) => status)).toEqual([304, 304]);
  });

  test("is sent with its new bytes, tag and type after it was checked again", async () => {
    const directory = makeSite();
    const server = await start(directory, dispatch, { options: { revalidateAfter: 0 } });
    const [before] = await askOften(server, "GET /small.bin", {}, 2);
    write(join(directory, "small.bin"), "new", new Date(LONG_AGO.getTime() + 5_000));
    const [after] = await askOften(server, "GET /small.bin", {}, 2);
    expect(after?.text).toBe("new");
    expect(after?.headers["etag"]).not.toBe(before?.headers["etag"]);
    rmSync(join(directory, "small.bin"));
    expect((await askOften(server, "GET /small.bin", {}, 1))[0]?.status).toBe(404);
  });
});

/** Counts writes to the connections of a server, and listeners that are added to responses. */
function watch(): { readonly capability: Capability; writes: number; listeners: number } {
  const seen = new WeakSet<object>();
  const watching = {
    writes: 0,
    listeners: 0,
    capability: {
      name: "watch",
      install: (host) =>
        void host.gate(0, ({ socket }, response) => {
          response.on = new Proxy(response.on, { apply: () => void watching.listeners++ });
          const handle: unknown = Reflect.get(socket, "_handle");
          if (typeof handle !== "object" || handle === null || seen.has(handle)) return;
          seen.add(handle);
          for (const name of ["writev", "writeBuffer", "writeUtf8String", "writeLatin1String"]) {
            const method: unknown = Reflect.get(handle, name);
            if (typeof method !== "function") continue;
            Reflect.set(handle, name, (...parameters: unknown[]) => {
              watching.writes++;
              return Reflect.apply(method, handle, parameters);
            });
          }
        }),
    } satisfies Capability,
  };
  return watching;
}

test.each([
  ["GET /small.bin", {}],
  ["GET /large.txt", {}],
  ["HEAD /small.bin", {}],
  ["GET /small.bin", { "If-Modified-Since": LONG_AGO.toUTCString() }],
  ["GET /page.html", { "Accept-Encoding": "gzip" }],
  ["GET /nothing", {}],
])("%s with %j is answered in one write, without a listener on the response", async (line, fields) => {
  const watching = watch();
  // Long enough that no file check happens during the test.
  const server = await start(makeSite(), "direct", {
    options: { revalidateAfter: 60_000 },
    capabilities: [watching.capability],
  });
  await askOften(server, line.replace("HEAD", "GET"), fields, 2);
  Object.assign(watching, { writes: 0, listeners: 0 });
  await askOften(server, line, fields, 5);
  expect(watching).toMatchObject({ writes: 5, listeners: 0 });
});
