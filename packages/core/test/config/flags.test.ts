import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  describeFlags,
  type FlagFamily,
  flagNames,
  flagObjects,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  PacketronServerFlags,
  splitBits,
} from "../../src/config/flags.ts";

const families: Readonly<Record<FlagFamily, Readonly<Record<string, number>>>> = {
  server: PacketronServerFlags,
  handler: PacketronHandlerFlags,
  file: PacketronFileRouterFlags,
};

/** Any number that 31 flag bits can make. */
const anyFlags = fc.integer({ min: 0, max: 0x7fff_ffff });

describe("the flag constants", () => {
  test("have the values that programs and stored configurations rely on", () => {
    expect(PacketronServerFlags).toEqual({
      START_IMMEDIATELY: 1,
      STOP_ON_ERROR: 2,
      TRY_NEXT_PORT: 4,
      SILENCE_INTERNAL_LOGS: 8,
      NO_GLOBAL_DATA: 16,
      RAISE_PROCESS_PRIORITY: 32,
      OPEN_FIREWALL: 64,
      IGNORE_TRAILING_SLASH: 128,
    });
    expect(PacketronHandlerFlags).toEqual({
      JSON_BODY: 1,
      DONT_USE_BODY: 2,
      FILE_UPLOAD: 4,
      LOCAL_PLUGINS_ONLY: 8,
      FORM_DATA: 16,
      XML_BODY: 32,
      PLAIN_TEXT_BODY: 64,
      MULTIPART_FORM_DATA: 128,
      REJECT_INVALID_BODY: 256,
      RAW_BODY: 512,
      REJECT_ON_LIMIT: 1024,
      DELETE_FILES_AFTER_RESPONSE: 2048,
      EXACT_PATH: 4096,
      SEND_RETURN_VALUE: 8192,
    });
    expect(PacketronFileRouterFlags).toEqual({
      NON_RECURSIVE: 1,
      NO_DIRECTORY_STRUCTURE: 2,
      USER_SPECIFIED_FILE: 4,
      LOCAL_PLUGINS_ONLY: 8,
      SERVE_DOTFILES: 16,
      INDEX_HTML: 32,
      STRONG_ETAG: 64,
    });
  });

  test.each(Object.entries(families))(
    "of the family %s are frozen, single bits below 1 << 20, and distinct",
    (_name, family) => {
      const bits = Object.values(family);
      expect(Object.isFrozen(family)).toBe(true);
      expect(new Set(bits).size).toBe(bits.length);
      for (const bit of bits) {
        expect(splitBits(bit)).toEqual([bit]);
        expect(bit).toBeLessThan(1 << 20);
      }
    },
  );

  test.each<[family: FlagFamily]>([["server"], ["handler"], ["file"]])(
    "of the family %s all have a name",
    (family) => {
      expect(Object.fromEntries([...flagNames[family]].map(([bit, name]) => [name, bit]))).toEqual(
        families[family],
      );
    },
  );

  test("are named after the objects that users import", () => {
    expect(flagObjects).toEqual({
      server: "PacketronServerFlags",
      handler: "PacketronHandlerFlags",
      file: "PacketronFileRouterFlags",
    });
  });
});

describe("describeFlags", () => {
  test.each<[family: FlagFamily, flags: number, words: string]>([
    ["handler", 0, "none"],
    ["handler", 1, "JSON_BODY"],
    ["handler", 513, "JSON_BODY | RAW_BODY"],
    ["server", 4 + 128, "TRY_NEXT_PORT | IGNORE_TRAILING_SLASH"],
    [
      "file",
      127,
      "NON_RECURSIVE | NO_DIRECTORY_STRUCTURE | USER_SPECIFIED_FILE | LOCAL_PLUGINS_ONLY | SERVE_DOTFILES | INDEX_HTML | STRONG_ETAG",
    ],
    ["server", 1 << 20, "1 << 20"],
    ["handler", (1 << 30) | 1, "JSON_BODY | 1 << 30"],
    ["handler", 1 << 31, "1 << 31"],
  ])("of %s flags %i says %j", (family, flags, words) => {
    expect(describeFlags(family, flags)).toBe(words);
  });

  test("uses the names of a capability's own bits", () => {
    expect(describeFlags("handler", (1 << 20) | 1, new Map([[1 << 20, "MSGPACK_BODY"]]))).toBe(
      "1 << 0 | MSGPACK_BODY",
    );
  });

  test("is lossless: the names give the number again", () => {
    const family = fc.constantFrom<FlagFamily>("server", "handler", "file");
    fc.assert(
      fc.property(family, anyFlags, (name, flags) => {
        const words = describeFlags(name, flags).split(" | ");
        const bits = words.map((word) => {
          const unnamed = /^1 << (\d+)$/.exec(word);
          if (unnamed !== null) return 1 << Number(unnamed[1]);
          return word === "none" ? 0 : families[name][word];
        });
        expect(bits.reduce<number>((sum, bit) => sum | (bit ?? Number.NaN), 0)).toBe(flags);
        expect(bits).not.toContain(undefined);
      }),
    );
  });
});

describe("splitBits", () => {
  test("gives single bits, lowest first, whose union is the number", () => {
    fc.assert(
      fc.property(anyFlags, (flags) => {
        const bits = splitBits(flags);
        expect(bits.every((bit) => bit > 0 && (bit & (bit - 1)) === 0)).toBe(true);
        expect(bits).toEqual(bits.toSorted((one, other) => one - other));
        expect(bits.reduce((sum, bit) => sum + bit, 0)).toBe(flags);
      }),
    );
  });
});
