/** Body parsers for tests of the suite: a correct one for each form, and parameters to break them. */
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { BodyParser, Capability } from "../../src/index.ts";
import type { BodyParserSetup } from "../../src/testing/index.ts";

export const SAMPLE_BODY: number = 1 << 24;

/** The properties in which a parser differs from the correct one of its form. */
export type Change = Partial<Omit<BodyParser, "form" | "parse" | "open">>;

const base = { flag: SAMPLE_BODY, name: "SAMPLE_BODY", mediaTypes: ["application/x-sample"] };

/** JSON without keys that reach a prototype. */
export function parseSafely(json: string): unknown {
  return JSON.parse(json, (key, value: unknown) => {
    if (key === "__proto__" || key === "constructor") throw new SyntaxError(`the key ${key}`);
    return value;
  });
}

export function textParser(parse: (input: string) => unknown = parseSafely, change: Change = {}): Capability {
  return capabilityOf({ ...base, ...change, form: "text", parse });
}

export function bytesParser(
  parse: (input: Buffer) => unknown = (input) => parseSafely(input.toString()),
): Capability {
  return capabilityOf({ ...base, form: "bytes", parse });
}

export function streamParser(
  read: (stream: Readable) => Promise<unknown> = readAll,
  change: Change = {},
): Capability {
  return capabilityOf({
    ...base,
    ...change,
    form: "stream",
    open: async (stream) => ({ body: await read(stream) }),
  });
}

/** The setup of the suite for these parsers. */
export function setupOf(create: () => Capability, more: Partial<BodyParserSetup> = {}): BodyParserSetup {
  const mediaType = "application/x-sample; version=1";
  return {
    create,
    flag: SAMPLE_BODY,
    valid: [
      { name: "a map", mediaType, body: '{"a":[1,"é"]}', value: { a: [1, "é"] } },
      { name: "a list", mediaType, body: '["b"]', value: ["b"] },
    ],
    invalid: [{ name: "a lone bracket", mediaType, body: "{" }],
    ...more,
  };
}

async function readAll(stream: Readable): Promise<unknown> {
  return parseSafely(await text(stream));
}

function capabilityOf(parser: BodyParser): Capability {
  return { name: "sample-parser", install: (host) => host.bodyParser(parser) };
}
