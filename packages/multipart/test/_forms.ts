/** Encodes forms for tests, without code of the package. */

/** One part of a form. */
export interface Part {
  readonly name?: string;
  /** The file name. A part with one is a file. */
  readonly filename?: string;
  readonly type?: string;
  readonly body?: string | Uint8Array;
  /** Raw header lines in Latin-1, in place of those that the other properties give. */
  readonly lines?: readonly string[];
}

export const BOUNDARY = "frontier";

/** The Content-Type of {@link encodeForm}. */
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** Encodes a form with its final boundary. */
export function encodeForm(parts: readonly Part[], boundary: string = BOUNDARY): Buffer {
  const pieces = parts.flatMap((part) => [
    Buffer.from(`--${boundary}\r\n`),
    Buffer.from(`${linesOf(part).join("\r\n")}\r\n\r\n`, part.lines === undefined ? "utf8" : "latin1"),
    Buffer.from(part.body ?? ""),
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

/** Makes a file of `size` bytes. */
export function file(size: number, name = "file", filename = "a.bin"): Part {
  return { name, filename, type: "application/octet-stream", body: Buffer.alloc(size, "x") };
}

/** Makes `count` parts, each from its index. */
export function several(count: number, make: (index: number) => Part): Part[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function linesOf({ lines, name, filename, type }: Part): readonly string[] {
  if (lines !== undefined) return lines;
  const named = name === undefined ? "" : `; name="${escapeQuotes(name)}"`;
  const called = filename === undefined ? "" : `; filename="${escapeQuotes(filename)}"`;
  const disposition = `Content-Disposition: form-data${named}${called}`;
  return type === undefined ? [disposition] : [disposition, `Content-Type: ${type}`];
}

function escapeQuotes(text: string): string {
  return text.replace(/["\\]/g, "\\$&");
}
