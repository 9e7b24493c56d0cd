import { crc32 } from "node:zlib";
import { serialize } from "bson";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFile, encodeFile, FormatError, HEADER_BYTES, VERSION } from "../src/format.ts";
import { toStored } from "../src/value.ts";
import { thrownBy } from "./_folder.ts";

const header = { token: "00112233445566778899aabb", generation: 2n ** 40n };
const data = { name: toStored("Ada"), list: toStored([1, 2.5, null, new Date(5)]) };
const file = encodeFile(data, header);

test("a decoded file has the data, the token and the generation that were encoded", () => {
  expect(decodeFile(file)).toEqual({ ...header, data });
});

test("a file is a header of 44 bytes and one BSON document", () => {
  expect(file.subarray(HEADER_BYTES)).toEqual(
    Buffer.from(serialize({ name: "Ada", list: [1, 2.5, null, new Date(5)] })),
  );
  expect(file.toString("latin1", 0, 8)).toBe("PKTGDATA");
});

test("a file that is cut at any byte is refused", () => {
  for (let length = 0; length < file.length; length++) expectRefused(file.subarray(0, length));
});

test("a file with any one bit flipped is refused as damaged, not as another version", () => {
  for (let bit = 0; bit < file.length * 8; bit++) {
    const flipped = Buffer.from(file);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(expectRefused(flipped).version).toBeUndefined();
  }
});

test("a file with additional or changed bytes is refused", () => {
  expectRefused(Buffer.concat([file, Buffer.alloc(1)]));
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.uint8Array({ minLength: 1, maxLength: 40 }), (offset, bytes) => {
      const changed = Buffer.from(file);
      changed.set(bytes.subarray(0, file.length - offset), offset);
      if (!changed.equals(file)) expectRefused(changed);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void expectRefused(Buffer.from(bytes))),
  );
});

test("a length of 4 GB is refused without an allocation of that size", () => {
  const huge = Buffer.from(file);
  huge.writeUInt32LE(0xffff_ffff, 28);
  expect(expectRefused(huge).message).toContain(String(HEADER_BYTES + 0xffff_ffff));
});

test("another version is refused as such, with any content after the first 16 bytes", () => {
  const other = Buffer.alloc(16);
  file.copy(other, 0, 0, 12);
  other.writeUInt32LE(VERSION + 1, 8);
  other.writeUInt32LE(crc32(other.subarray(0, 12)), 12);
  expect(expectRefused(Buffer.concat([other, Buffer.alloc(100)])).version).toBe(VERSION + 1);
});

describe("a document that is not BSON under a right checksum is refused", () => {
  test.each<[string, number[]]>([
    ["nothing", []],
    ["a length below five", [4, 0, 0, 0, 0]],
    ["a length beyond the end", [6, 0, 0, 0, 0]],
    ["no end", [5, 0, 0, 0, 1]],
    ["an unknown type", [8, 0, 0, 0, 0x40, 97, 0, 0]],
    ["a string of negative length", [12, 0, 0, 0, 2, 97, 0, 255, 255, 255, 255, 0]],
    ["a string that is not UTF-8", [14, 0, 0, 0, 2, 97, 0, 2, 0, 0, 0, 0xff, 0, 0]],
    ["a boolean of 2", [9, 0, 0, 0, 8, 97, 0, 2, 0]],
  ])("%s", (_, bytes) => {
    expectRefused(withDocument(Buffer.from(bytes)));
  });
});

function expectRefused(bytes: Buffer): FormatError {
  const error = thrownBy(() => decodeFile(bytes));
  if (!(error instanceof FormatError)) throw new Error(`got ${String(error)}`);
  return error;
}

function withDocument(document: Buffer): Buffer {
  const changed = Buffer.concat([file.subarray(0, HEADER_BYTES), document]);
  changed.writeUInt32LE(document.length, 28);
  changed.writeUInt32LE(crc32(document, crc32(changed.subarray(16, 40))), 40);
  return changed;
}
