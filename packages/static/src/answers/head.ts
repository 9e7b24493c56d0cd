/** Sets the headers of an answer with a file. Headers that the handler has already set are kept. */
import type { PacketronResponse } from "@packetron/core";
import type { Representation } from "../files/representation.ts";
import type { ServedFile } from "../files/served-file.ts";
import type { Plan } from "./plan.ts";

/** Sets the status and the headers of the answer. `bodyOf()` returns the headers for the length and the ranges. */
export function writeHead(
  response: PacketronResponse,
  file: ServedFile,
  form: Representation,
  plan: Plan,
  disposition: string | null,
): void {
  if (plan.status !== null) response.statusCode = plan.status;
  if (file.encoded.length > 0) addToVary(response, "Accept-Encoding");
  setDefault(response, "ETag", form.etag);
  setDefault(response, "Last-Modified", form.lastModifiedField);
  setDefault(response, "Cache-Control", file.cacheControl ?? null);
  if (plan.status === 304) return; // RFC 9110 section 15.4.5: a 304 has no other headers that describe the file
  setDefault(response, "Content-Type", file.contentType);
  setDefault(response, "Accept-Ranges", file.acceptRanges ? "bytes" : null);
  setDefault(response, "Content-Disposition", disposition);
  if (form.encoding !== null) response.setHeader("Content-Encoding", form.encoding);
}

/** Sets a header if the response does not have the header yet. The value `null` sets nothing. */
export function setDefault(response: PacketronResponse, name: string, value: string | null): void {
  if (value !== null && !response.hasHeader(name)) response.setHeader(name, value);
}

/** Adds the name of a request header to `Vary`, so that caches keep one answer for each value of the header. */
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
