/** Answers as curl decodes them: with libraries that are not those of Node. */
import { execFile, execFileSync } from "node:child_process";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { startServer } from "../_server.ts";

const TEXT = "Ein Gerät für Haus und Garten. ".repeat(5_000);

/** The codings that the curl of this machine undoes; none without curl. */
function codingsOfCurl(): string[] {
  try {
    const features = execFileSync("curl", ["--version"], { encoding: "utf8" });
    return [
      ["gzip", "libz"],
      ["br", "brotli"],
      ["zstd", "zstd"],
    ].flatMap(([coding = "", feature = ""]) => (features.includes(feature) ? [coding] : []));
  } catch {
    return [];
  }
}

const codings = codingsOfCurl();

describe.skipIf(codings.length === 0)("curl --compressed", () => {
  test.each(["gzip", "br", "zstd"])("reads what has the coding %s", async (coding) => {
    if (!codings.includes(coding)) return;
    const server = await startServer((made) => {
      made.handle({
        routePath: "whole",
        handler: (_request, response) => response.sendTextPlain(TEXT.slice(0, 9_000)),
      });
      made.handle({ routePath: "large", handler: (_request, response) => response.sendTextPlain(TEXT) });
      made.handle({
        routePath: "stream",
        handler: (_request, response) => {
          response.setHeader("Content-Type", "text/plain; charset=utf-8");
          Readable.from([TEXT.slice(0, 100), TEXT.slice(100)]).pipe(response);
        },
      });
    });
    for (const [path, text] of [
      ["whole", TEXT.slice(0, 9_000)],
      ["large", TEXT],
      ["stream", TEXT],
    ] as const) {
      const { stdout } = await promisify(execFile)("curl", [
        ...["--silent", "--compressed", "--header", `Accept-Encoding: ${coding}`],
        ...["--write-out", "\n%header{content-encoding}", `http://127.0.0.1:${server.port}/${path}`],
      ]);
      expect(stdout === `${text}\n${coding}`, path).toBe(true);
    }
  });
});
