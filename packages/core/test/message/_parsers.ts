/** Body parsers for tests: one of each form, and two that share a bit. */
import { once } from "node:events";
import type { BytesBodyParser, StreamBodyParser, TextBodyParser } from "../../src/capability/body-parser.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";

const { FORM_DATA, JSON_BODY, PLAIN_TEXT_BODY } = PacketronHandlerFlags;

/** Claims JSON_BODY. */
export const json: TextBodyParser = {
  flag: JSON_BODY,
  name: "JSON_BODY",
  mediaTypes: ["application/json", "*+json"],
  form: "text",
  parse: (text) => JSON.parse(text),
};

/** Claims PLAIN_TEXT_BODY. */
export const text: TextBodyParser = {
  flag: PLAIN_TEXT_BODY,
  name: "PLAIN_TEXT_BODY",
  mediaTypes: ["text/*"],
  form: "text",
  parse: (value) => value,
};

/** The bit of {@link hex}. */
export const HEX_BODY: number = 1 << 20;

/** Gives the bytes as hexadecimal digits. */
export const hex: BytesBodyParser = {
  flag: HEX_BODY,
  name: "HEX_BODY",
  mediaTypes: ["application/octet-stream"],
  form: "bytes",
  parse: (bytes) => bytes.toString("hex"),
};

/** The bit of {@link count}. */
export const COUNT_BODY: number = 1 << 21;

/** Reads the stream, and gives its length, and the first byte as a file. Refuses bodies that begin with "!". */
export const count: StreamBodyParser = {
  flag: COUNT_BODY,
  name: "COUNT_BODY",
  mediaTypes: ["application/x-count"],
  form: "stream",
  async open(stream) {
    let size = 0;
    let first = "";
    for await (const chunk of stream) {
      first ||= String(chunk).slice(0, 1);
      if (first === "!") throw new Error("no exclamations");
      size += chunk.length;
    }
    return { body: size, files: { first } };
  },
};

/** Two parsers of one bit, like those of urlencoded and multipart forms. */
export const forms: readonly [TextBodyParser, StreamBodyParser] = [
  { ...text, flag: FORM_DATA, name: "FORM_DATA", mediaTypes: ["application/x-www-form-urlencoded"] },
  {
    flag: FORM_DATA,
    name: "FORM_DATA",
    mediaTypes: ["multipart/form-data"],
    form: "stream",
    async open(stream) {
      stream.resume();
      await once(stream, "end");
      return { body: "parts" };
    },
  },
];
