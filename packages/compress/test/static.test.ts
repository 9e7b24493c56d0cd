import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { staticFiles } from "../../static/src/index.ts";
import { ask, startServer } from "./_server.ts";

const TEXT = "body { color: teal }\n".repeat(200);

/** Serves a folder with one file of each kind. */
async function serveFolder(): Promise<Awaited<ReturnType<typeof startServer>>> {
  const directory = await mkdtemp(join(tmpdir(), "packetron-compress-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "plain.css"), TEXT);
  await writeFile(join(directory, "large.css"), TEXT.repeat(1_000));
  await writeFile(join(directory, "precompressed.css"), TEXT);
  await writeFile(join(directory, "precompressed.css.gz"), gzipSync(TEXT, { level: 9 }));
  await writeFile(join(directory, "photo.png"), TEXT);
  return startServer(
    (server) => {
      server.serve({ directory, pathPrefix: "on" });
      server.serve({ directory, pathPrefix: "off", compress: false });
    },
    { others: [staticFiles()] },
  );
}

test("files are compressed, but for those with a compressed copy and those of a compressed type", async () => {
  const server = await serveFolder();
  for (const method of ["GET", "HEAD"]) {
    const codingOf = async (path: string): Promise<string | undefined> =>
      (await ask(server, path, undefined, method)).coding;
    expect(await codingOf("/on/plain.css")).toBe("br");
    expect(await codingOf("/on/large.css")).toBe("br");
    expect(await codingOf("/on/precompressed.css")).toBe("gzip");
    expect(await codingOf("/on/photo.png")).toBeUndefined();
    expect(await codingOf("/off/plain.css")).toBeUndefined();
    expect(await codingOf("/off/precompressed.css")).toBe("gzip");
  }
  expect((await ask(server, "/on/plain.css")).text).toBe(TEXT);
  expect((await ask(server, "/on/large.css")).text === TEXT.repeat(1_000)).toBe(true);
});

test("HEAD of a file has no length that its compressed body would not have", async () => {
  const server = await serveFolder();
  const { headers } = await ask(server, "/on/large.css", undefined, "HEAD");
  expect([headers["content-length"], headers["transfer-encoding"]]).toEqual([undefined, "chunked"]);
});

test("ranges and 304 are those of the file as it is", async () => {
  const server = await serveFolder();
  const range = await ask(server, "/on/plain.css", "br", "GET", { Range: "bytes=0-3" });
  expect([range.status, range.coding, range.text]).toEqual([206, undefined, "body"]);
  const { headers } = await ask(server, "/on/plain.css", "br");
  const unchanged = await ask(server, "/on/plain.css", "br", "GET", {
    "If-None-Match": String(headers.etag),
  });
  expect([unchanged.status, unchanged.headers.etag, unchanged.headers.vary]).toEqual([
    304,
    headers.etag,
    "Accept-Encoding",
  ]);
});
