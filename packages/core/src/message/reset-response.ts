/** Prepares a response for another answer than the one that its handler has begun to prepare. */
import { type OutHeaders, pendingHeaders } from "../node/internals.ts";
import { stringifyHeader } from "./answer.ts";
import type { PacketronResponse } from "./response.ts";

/** Headers that describe the handler's answer. They would be wrong on the refusal that replaces it. */
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

/** Prepares a response that has not begun for another status: removes the headers that describe the former answer. */
export function resetResponse(response: PacketronResponse, status: number): void {
  const headers = pendingHeaders(response);
  if (headers !== null) {
    for (const name of REPRESENTATION_HEADERS) response.removeHeader(name);
    for (const key in headers) stringifyOrRemove(response, key, headers[key]);
  }
  response.statusCode = status;
  response.statusMessage = ""; // Node then takes the reason phrase of the new status
  response.sendDate = true;
}

/**
 * Turns the value of a header into text. Removes a header whose value gives no valid text, or throws in `toString()`:
 * this may be the reason why the request failed.
 */
function stringifyOrRemove(
  response: PacketronResponse,
  name: string,
  header: OutHeaders[string] | undefined,
): void {
  try {
    stringifyHeader(response, header);
  } catch {
    response.removeHeader(name);
  }
}
