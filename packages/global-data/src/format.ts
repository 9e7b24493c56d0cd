/**
 * The format of the file: 44 bytes of header, little endian, then one BSON document.
 *
 * | offset | bytes | content |
 * |---|---|---|
 * | 0 | 8 | `PKTGDATA` |
 * | 8 | 4 | version of the format |
 * | 12 | 4 | CRC-32 of the 12 bytes before, which distinguishes a damaged version from an unknown one |
 * | 16 | 12 | random token, which identifies this content among all contents; revisions refer to it |
 * | 28 | 4 | length of the document |
 * | 32 | 8 | generation: the number of changes |
 * | 40 | 4 | CRC-32 of bytes 16 to 39 and of the document |
 *
 * All future versions keep the layout of the first 16 bytes. BSON needs the checksum: one in a hundred single flipped
 * bits in a document gives another value without an error.
 */
import { bson } from "./bson.ts";
import { loadZlib } from "./node-modules.ts";
import { MAX_BYTES, type Stored, tooLarge } from "./value.ts";

/** All stored values by their escaped keys. */
export type StoredData = Readonly<Record<string, Stored>>;

/** The fields of the file's header that differ for each content. */
export interface Header {
  /** The random identifier of the content: {@link TOKEN_DIGITS} hexadecimal digits. */
  readonly token: string;
  readonly generation: bigint;
}

/** The error for a file that is damaged, or has a format version that this release does not know. */
export class FormatError extends Error {
  /** The format version of the file, if this release does not know the version; `undefined` for a damaged file. */
  readonly version: number | undefined;

  constructor(problem: string, version?: number) {
    super(problem);
    this.version = version;
  }
}

/** Length of the file's header in bytes. */
export const HEADER_BYTES = 44;

/** Number of hexadecimal digits of a token: the random identifier of a content has 12 bytes. */
export const TOKEN_DIGITS = 24;

/** The version of the format that this release reads and writes. */
export const VERSION = 1;

const MAGIC = Buffer.from("PKTGDATA", "latin1");

/**
 * Encodes all values into the bytes of a file.
 *
 * @throws PKT_GLOBAL_DATA_TOO_LARGE
 */
export function encodeFile(data: StoredData, { token, generation }: Header): Buffer {
  const { calculateObjectSize, serialize, setInternalBufferSize } = bson();
  const size = calculateObjectSize(data);
  if (size > MAX_BYTES) throw tooLarge(`${MAX_BYTES} bytes`);
  // The library writes into a buffer that it reuses. It silently drops bytes that do not fit.
  setInternalBufferSize(size);
  const document = serialize(data);
  const file = Buffer.allocUnsafe(HEADER_BYTES + document.length);
  MAGIC.copy(file);
  file.writeUInt32LE(VERSION, 8);
  file.writeUInt32LE(loadZlib().crc32(file.subarray(0, 12)), 12);
  file.write(token, 16, "hex");
  file.writeBigUInt64LE(generation, 32);
  file.writeUInt32LE(document.length, 28);
  file.set(document, HEADER_BYTES);
  file.writeUInt32LE(checksum(file), 40);
  return file;
}

/**
 * Decodes the bytes of a file.
 *
 * @throws FormatError
 */
export function decodeFile(file: Buffer): Header & { readonly data: StoredData } {
  if (file.length < HEADER_BYTES) throw new FormatError(`it has ${file.length} bytes, fewer than its header`);
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) throw new FormatError("it does not begin with PKTGDATA");
  if (file.readUInt32LE(12) !== loadZlib().crc32(file.subarray(0, 12)))
    throw new FormatError("the version does not match its checksum");
  const version = file.readUInt32LE(8);
  if (version !== VERSION) throw new FormatError(`it has version ${version}`, version);
  const length = file.readUInt32LE(28);
  if (length !== file.length - HEADER_BYTES)
    throw new FormatError(`it has ${file.length} bytes, its header says ${HEADER_BYTES + length}`);
  if (file.readUInt32LE(40) !== checksum(file))
    throw new FormatError("the content does not match its checksum");
  return {
    token: file.toString("hex", 16, 28),
    generation: file.readBigUInt64LE(32),
    data: decodeDocument(file.subarray(HEADER_BYTES)),
  };
}

function checksum(file: Buffer): number {
  const { crc32 } = loadZlib();
  return crc32(file.subarray(HEADER_BYTES), crc32(file.subarray(16, 40)));
}

/** Decodes the document. Its checksum is right, so {@link encodeFile} wrote it; the library checks the syntax. */
function decodeDocument(document: Buffer): StoredData {
  try {
    return bson().deserialize(document, { useBigInt64: true });
  } catch (error) {
    throw new FormatError(`the document is not BSON: ${error instanceof Error ? error.message : error}`);
  }
}
