import { PacketronHandlerFlags } from "@packetron/core";
import { bodyParserConformance, capabilityConformance } from "@packetron/core/testing";
import { describe, test } from "vitest";
import { bodyText } from "../src/index.ts";

describe("bodyText() does what every body parser does", () => {
  const suite = bodyParserConformance({
    create: bodyText,
    flag: PacketronHandlerFlags.PLAIN_TEXT_BODY,
    valid: [
      { name: "a line", mediaType: "text/plain", body: "one\r\n", value: "one\r\n" },
      {
        name: "letters outside ASCII",
        mediaType: "text/plain; charset=utf-8",
        body: "é漢😀",
        value: "é漢😀",
      },
      {
        name: "Latin-1",
        mediaType: "text/csv; charset=latin1",
        body: Uint8Array.of(0xe9, 0x3b),
        value: "é;",
      },
      { name: "JSON, which stays text", mediaType: "text/markdown", body: '{"a":1}', value: '{"a":1}' },
      { name: "a NUL and a single space", mediaType: "text/plain", body: "\0 ", value: "\0 " },
    ],
    invalid: [],
  });
  for (const { name, run } of suite) test(name, run);
});

describe("bodyText() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(bodyText)) test(name, run);
});
