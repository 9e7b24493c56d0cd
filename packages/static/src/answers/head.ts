/** Sets the headers of an answer with a file. Headers that the handler has set have precedence. */
import type { PacketronResponse } from "@packetron/core";
import type { Representation } from "../files/representation.ts";
import type { ServedFile } from "../files/served-file.ts";
import type { Plan } from "./plan.ts";

/** Headers that describe the file, and do not apply to a 412 or 416. */
const NOT_OF_A_REFUSAL = [
  "Cache-Control",
  "Content-Disposition",
  "Content-Encoding",
  "Content-Type",
  "Expires",
];

/** Sets the status, and all headers but those for the length and the ranges of the body. */
export function writeHead(
  response: PacketronResponse,
  file: ServedFile,
  form: Representation,
  plan: Plan,
  disposition: string | null,
): void {
  if (plan.status !== null) response.statusCode = plan.status;
  if (file.encoded.length > 0) addToVary(response, "Accept-Encoding");
  if (plan.status === 412 || plan.status === 416) {
    for (const name of NOT_OF_A_REFUSAL) response.removeHeader(name);
    // RFC 9110 section 15.5.17: a 416 reports the length of the file
    if (plan.status === 416) response.setHeader("Content-Range", `bytes */${form.size}`);
    return;
  }
  setDefault(response, "ETag", form.etag);
  setDefault(response, "Last-Modified", form.lastModifiedField);
  setDefault(response, "Cache-Control", file.cacheControl ?? null);
  if (plan.status === 304) return; // RFC 9110 section 15.4.5: no other metadata of the representation
  setDefault(response, "Content-Type", file.contentType);
  setDefault(response, "Accept-Ranges", file.acceptRanges ? "bytes" : null);
  setDefault(response, "Content-Disposition", disposition);
  if (form.encoding !== null) response.setHeader("Content-Encoding", form.encoding);
}

/** Sets a header that has no value yet. `null` does nothing. */
export function setDefault(response: PacketronResponse, name: string, value: string | null): void {
  if (value !== null && !response.hasHeader(name)) response.setHeader(name, value);
}

/** Adds a request header to `Vary`, because the answer depends on it. */
export function addToVary(response: PacketronResponse, name: string): void {
  const present = response.getHeader("Vary");
  const fields =
    present === undefined
      ? []
      : String(present)
          .split(",")
          .map((field) => field.trim().toLowerCase());
  if (fields.includes("*") || fields.includes(name.toLowerCase())) return;
  response.setHeader("Vary", present === undefined ? name : `${String(present)}, ${name}`);
}
