/** Tests of the public types: the import of the package adds them. `tsc` checks this file; it does not run. */
import {
  Packetron,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  type PacketronResponse,
} from "@packetron/core";
import { PacketronConstants, type ServeOptions, staticFiles } from "../src/index.ts";

declare const response: PacketronResponse;

const server = new Packetron({ capabilities: [staticFiles({ cacheBytes: 0, revalidateAfter: 100 })] });

export function serving(): void {
  const { INDEX_HTML, STRONG_ETAG } = PacketronFileRouterFlags;
  const options: ServeOptions = {
    directory: "./public",
    pathPrefix: "static",
    flags: INDEX_HTML | STRONG_ETAG,
    maxRequestSizeInBytes: null,
    cacheControl: (path) => (path.endsWith(".html") ? "no-cache" : undefined),
  };
  server.serve(options);
  server.serveFile({ routePath: "robots.txt", filePath: "./robots.txt", cacheControl: "max-age=60" });
  const served: boolean[] = [
    server.unserve({ directory: "./public" }),
    server.unserve({ directory: "./public", pathPrefix: "static" }),
    server.unserve({ routePath: "robots.txt" }),
  ];
  server.serve({ directory: "./dist", extensions: ["html"], index: ["index.html"], fallback: "index.html" });
  server.serve({ directory: "./dist", fallback: "index.html", ignores: ["/api", /^\/v\d+\//], maxAge: 60 });
  server.serve({
    directory: "./dist",
    etag: false,
    lastModified: false,
    acceptRanges: false,
    immutable: /x/,
  });
  server.serve({
    directory: "./dist",
    immutable: (path) => path.includes("-"),
    setHeaders: (answer, path) => answer.setHeader("X-Path", path),
  });
  server.serveFile({ routePath: "a", filePath: "./a", maxAge: 60, immutable: /a/, etag: false });
  // @ts-expect-error: a flag of routes
  server.serve({ directory: "./dist", flags: PacketronHandlerFlags.RAW_BODY });
  // @ts-expect-error: a single file has no other name
  server.serveFile({ routePath: "a", filePath: "./a", extensions: ["html"] });
  // @ts-expect-error: seconds are a number
  server.serve({ directory: "./dist", maxAge: "1d" });
  // @ts-expect-error: immutable selects files by their path
  server.serve({ directory: "./dist", immutable: true });
  // @ts-expect-error: the directory is missing
  server.serve({ pathPrefix: "static" });
  // @ts-expect-error: a served file has its own handler
  server.serve({ directory: "./public", handler: () => served });
  // @ts-expect-error: routePath is missing
  server.serveFile({ filePath: "./robots.txt" });
  // @ts-expect-error: neither a directory nor a routePath
  server.unserve({});
  // @ts-expect-error: an unknown option
  staticFiles({ cacheSize: 5 });
}

export async function sending(): Promise<void> {
  await response.sendFile("a.txt");
  await response.sendFile("a.txt", { root: "./public", cacheControl: "no-store", flags: 0 });
  await response.sendFile("a.txt", { maxAge: 60, etag: false, lastModified: false, acceptRanges: false });
  // @ts-expect-error: the handler sets headers on the response instead
  await response.sendFile("a.txt", { setHeaders: () => undefined });
  await response.downloadFile("a.txt");
  await response.downloadFile("a.txt", "b.txt", { root: "./public" });
  // @ts-expect-error: a path is a string
  await response.sendFile(5);
  // @ts-expect-error: the options follow the name
  await response.downloadFile("a.txt", { root: "./public" });
  PacketronConstants._mimeTypes[".zzz"] = "text/plain";
  // @ts-expect-error: the table cannot be replaced
  PacketronConstants._mimeTypes = {};
}
