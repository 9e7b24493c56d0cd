/** REJECT_ON_LIMIT: the 413 that says which field went over which limit. */
import type { PacketronRequest } from "@packetron/core";
import type { Breach } from "./limit-watch.ts";

/** Headers that a handler may have set for the answer it meant to give. */
const REPRESENTATION_HEADERS: readonly string[] = [
  "Accept-Ranges",
  "Cache-Control",
  "Content-Disposition",
  "Content-Encoding",
  "Content-Language",
  "Content-Length",
  "Content-Location",
  "Content-Range",
  "Content-Type",
  "ETag",
  "Expires",
  "Last-Modified",
  "Trailer",
  "Transfer-Encoding",
];

/**
 * Answers 413 with `{"code":"PKT_MULTIPART_LIMIT","limit":"maxFileSize","maximum":1048576,"field":"avatar"}`; what the
 * handler sends afterwards is ignored, as after core's own 413. Does nothing when an answer has begun.
 */
export function answerLimit(request: PacketronRequest, { limit, maximum, field, error }: Breach): void {
  const { response } = request;
  if (response === null || response.headersSent || response.writableEnded) return;
  for (const name of REPRESENTATION_HEADERS) response.removeHeader(name);
  response.statusCode = 413;
  response.statusMessage = "";
  // The client may be far from done: core lets it send for a while and then closes.
  if (!request.complete) response.setHeader("Connection", "close");
  response.sendJson({ code: error.code, limit, maximum, field });
  response.refused = true;
}
