/**
 * Checks the public types. `tsc` is the test: a wrong type is an error, and so is a `@ts-expect-error` without an error
 * below it. This file never runs.
 */
import { Packetron } from "@packetron/core";
import { type CompressOptions, type ContentCoding, compress } from "../src/index.ts";

export function options(): void {
  const capabilities = [compress()];
  const encodings: readonly ContentCoding[] = ["br", "gzip"];
  const shared: CompressOptions = { encodings, threshold: 2048, types: ["text/*"] };
  const server = new Packetron({ capabilities, compress: shared });
  new Packetron({ capabilities, compress: true });
  new Packetron({ capabilities, compress: { brotliQuality: 5, gzipLevel: 7, zstdLevel: 4 } });
  server.handle({ routePath: "/", compress: false, handler: () => {} });
  server.handle({ routePath: "/", compress: null, handler: () => {} });
  server.handle({ routePath: "/", compress: { threshold: 0 }, handler: () => {} });
  // @ts-expect-error: compress is not a text
  new Packetron({ compress: "gzip" });
  // @ts-expect-error: deflate is not among the codings
  new Packetron({ compress: { encodings: ["deflate"] } });
  // @ts-expect-error: types is a list
  new Packetron({ compress: { types: "text/*" } });
  // @ts-expect-error: compress() has no parameters
  compress({ threshold: 1 });
}
