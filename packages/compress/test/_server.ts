/** Helpers of the tests: a server with `compress()`, and clients that decode its answers. */
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import zlib from "node:zlib";
import type { Capability, Packetron, ServerOptions } from "@packetron/core";
import { startServer as start } from "../../core/test/_server.ts";
import { compress } from "../src/index.ts";

/** Starts a server with `compress()` that stops at the end of the test; `setUp` registers its routes. */
export async function startServer(
  setUp: (server: Packetron) => void,
  { others = [], ...options }: ServerOptions & { readonly others?: readonly Capability[] } = {},
): Promise<Packetron> {
  const { server } = await start(setUp, {
    compress: true,
    ...options,
    capabilities: [compress(), ...others],
  });
  return server;
}

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly coding: string | undefined;
  /** The bytes on the wire. */
  readonly bytes: Buffer;
  /** The decoded bytes as text. */
  readonly text: string;
}

/** Sends a request on a connection of its own, and decodes the answer. */
export async function ask(
  server: Packetron,
  path: string,
  acceptEncoding: string | null = "gzip, deflate, br",
  method = "GET",
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await begin(server, path, acceptEncoding, method, headers);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const coding = response.headers["content-encoding"];
  const text = String(bytes.length === 0 ? bytes : decode(bytes, coding));
  return { status: response.statusCode ?? 0, headers: response.headers, coding, bytes, text };
}

/** Sends a request, and waits for the head of the answer. */
export function begin(
  server: Packetron,
  path: string,
  acceptEncoding: string | null,
  method = "GET",
  headers: Readonly<Record<string, string>> = {},
): Promise<IncomingMessage> {
  const accepted = acceptEncoding === null ? {} : { "Accept-Encoding": acceptEncoding };
  return new Promise((resolve, reject) => {
    const sent = request({
      host: "127.0.0.1",
      port: server.port,
      path,
      method,
      headers: { Connection: "keep-alive", ...accepted, ...headers }, // the last answer of a connection is not direct
      agent: false,
    });
    sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer to ${path}`)));
    sent.on("error", reject).on("response", resolve).end();
  });
}

/** Undoes a coding of Packetron, and throws for bytes that do not have it. */
export function decode(bytes: Uint8Array, coding: string | undefined): Uint8Array {
  if (coding === "br") return zlib.brotliDecompressSync(bytes);
  if (coding === "zstd") return zlib.zstdDecompressSync(bytes);
  if (coding === "gzip") return zlib.gunzipSync(bytes);
  return bytes; // of another coding
}

/** The codings that this version of Node has. */
export const codings: readonly string[] =
  typeof zlib.zstdCompressSync === "function" ? ["br", "zstd", "gzip"] : ["br", "gzip"];
