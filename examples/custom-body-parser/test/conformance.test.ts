import { encode } from "@msgpack/msgpack";
import { bodyParserConformance } from "@packetron/core/testing";
import { describe, test } from "vitest";
import { MSGPACK_BODY, msgpack } from "../msgpack.ts";

const mediaType = "application/msgpack";

describe("the MessagePack parser does what every body parser does", () => {
  const suite = bodyParserConformance({
    create: msgpack,
    flag: MSGPACK_BODY,
    valid: [
      { name: "a map", mediaType, body: encode({ a: [1, "two", null] }), value: { a: [1, "two", null] } },
      { name: "a string", mediaType, body: encode("é"), value: "é" },
    ],
    invalid: [
      { name: "the byte that is never used", mediaType, body: Uint8Array.of(0xc1) },
      { name: "a map without its entry", mediaType, body: Uint8Array.of(0x81) },
    ],
    hostile: [{ name: "a map with the key __proto__", mediaType, body: hostileMap() }],
  });
  for (const { name, run } of suite) test(name, run);
});

/** {"__proto__": {"polluted": true}} in MessagePack. encode() cannot write this map. */
function hostileMap(): Uint8Array {
  return Buffer.concat([Uint8Array.of(0x81), encode("__proto__"), encode({ polluted: true })]);
}
