/** Decodes the values of fields, and cuts names and values to their limits. */
import type { MultipartLimits } from "../options.ts";
import type { LimitWatch } from "./limit-watch.ts";

/** Cuts the name of a field to `maxFieldNameSize`. */
export function cutName(name: string, limits: MultipartLimits, watch: LimitWatch): string {
  const limit = limits.maxFieldNameSize;
  if (name.length * 3 <= limit || Buffer.byteLength(name) <= limit) return name;
  const cut = cutBytes(Buffer.from(name), limit);
  watch.cutField("maxFieldNameSize", cut);
  return cut;
}

/**
 * Decodes the value of a field and cuts it to `limit` bytes. RFC 7578 section 5.1.2: UTF-8, unless the part names
 * another charset. A charset that the runtime does not know is read as UTF-8, too.
 */
export function decodeValue(bytes: Buffer, charset: string | undefined, limit: number): string {
  if (bytes.length > limit) return cutBytes(bytes, limit, charset);
  return decoderFor(charset).decode(bytes);
}

/** Decodes the first `limit` bytes of a text. A character that the cut would split is left out. */
export function cutBytes(bytes: Buffer, limit: number, charset?: string): string {
  return decoderFor(charset).decode(bytes.subarray(0, limit), { stream: true });
}

function decoderFor(charset: string | undefined): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(charset ?? "utf-8", { ignoreBOM: true });
  } catch {
    return new TextDecoder("utf-8", { ignoreBOM: true });
  }
}
