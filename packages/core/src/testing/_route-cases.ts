/** Cases about routes: the claims of the parser, and its combination with other body bits and flags. */
import assert from "node:assert/strict";
import type { BodyParser } from "../capability/body-parser.ts";
import type { Capability } from "../capability/contract.ts";
import { PacketronHandlerFlags } from "../config/flags.ts";
import { assertInvalid, assertNothing, assertRefused, assertValue } from "./_answer.ts";
import { recordClaims } from "./_claims.ts";
import { Reader } from "./_reader.ts";
import type { BodyParserSetup } from "./body-parser.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** A media type or pattern: `type/subtype` with `*` as wildcard, or `*+suffix`. */
const MEDIA_TYPE = /^[a-z0-9!#$&^_.+*-]+\/[a-z0-9!#$&^_.+*-]+$|^\*\+[a-z0-9]+$/;
const OTHER_TYPE = "application/x-conformance-other";
const UNKNOWN_TYPE = "application/x-conformance-unknown";

/** Returns the cases that check the parser's claims, and routes with several flags, for the parser of a setup. */
export function routeCases(setup: BodyParserSetup): ConformanceCase[] {
  return [
    {
      name: "the parser claims its bit under a name in capitals, with media types in lower case",
      run: async () => assertClaims(parsersOf(setup)),
    },
    {
      name: "with another body bit on the route, the Content-Type selects the parser, and an unknown type gets 415",
      run: () => choosesByType(setup),
    },
    {
      name: "as the only body bit of a route, it reads other media types, or refuses them if it requires its own",
      run: () => Reader.use(setup, {}, (reader) => treatsOtherTypes(reader, setup)),
    },
    {
      name: "a second getBody() gives the same value",
      run: () => Reader.use(setup, {}, (reader) => givesSameValueTwice(reader, setup)),
    },
    {
      name: "with RAW_BODY, getRawBody() gives the received bytes, and null for a parser of streams",
      run: () => {
        const raw = { flags: PacketronHandlerFlags.RAW_BODY };
        return Reader.use(setup, raw, (reader) => keepsRawBytes(reader, setup));
      },
    },
    {
      name: "with DONT_USE_BODY, getBody() gives null",
      run: () =>
        Reader.use(setup, { flags: PacketronHandlerFlags.DONT_USE_BODY }, async (reader) => {
          for (const sample of setup.valid) assertNothing(await reader.send(sample));
        }),
    },
  ];
}

function parsersOf(setup: BodyParserSetup): BodyParser[] {
  const { parsers } = recordClaims(setup.create());
  return parsers.filter((parser) => parser.flag === setup.flag);
}

function assertClaims(parsers: readonly BodyParser[]): void {
  assert.ok(parsers.length > 0, "the capability has no parser for the flag");
  for (const { name, mediaTypes } of parsers) {
    assert.match(
      name,
      /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/,
      "the name of a flag is written in capitals, LIKE_THIS",
    );
    assert.ok(
      mediaTypes.length > 0,
      `${name} needs a media type, so that it can be combined with other body bits`,
    );
    for (const mediaType of mediaTypes) assert.match(mediaType, MEDIA_TYPE);
  }
}

function choosesByType(setup: BodyParserSetup): Promise<void> {
  const other = otherParser(setup.flag);
  return Reader.use(setup, { flags: other.flag, others: [other.capability] }, async (reader) => {
    for (const sample of setup.valid) assertValue(await reader.send(sample), sample);
    assertValue(await reader.send({ mediaType: OTHER_TYPE, body: "other" }), { value: { other: "other" } });
    const takesAll = parsersOf(setup).some(({ mediaTypes }) => mediaTypes.includes("*/*"));
    if (takesAll) return;
    assertRefused(await reader.send({ mediaType: UNKNOWN_TYPE, body: "x" }), 415);
  });
}

/** Makes a capability with a parser other than the parser under test, for the highest free flag bit. */
function otherParser(taken: number): { readonly flag: number; readonly capability: Capability } {
  const flag = taken === 1 << 30 ? 1 << 29 : 1 << 30;
  const parser: BodyParser = {
    flag,
    name: "CONFORMANCE_OTHER",
    mediaTypes: [OTHER_TYPE],
    form: "text",
    parse: (text) => ({ other: text }),
  };
  return { flag, capability: { name: "conformance-other", install: (host) => host.bodyParser(parser) } };
}

async function treatsOtherTypes(reader: Reader, setup: BodyParserSetup): Promise<void> {
  const requires = parsersOf(setup).every(({ requireMediaType }) => requireMediaType === true);
  for (const sample of setup.valid) {
    const mediaType = sample.mediaType.replace(/^[^;]*/, UNKNOWN_TYPE);
    const answer = await reader.send({ ...sample, mediaType });
    if (requires) assertInvalid(answer, "PKT_BODY_TYPE");
    else assertValue(answer, sample);
  }
}

async function givesSameValueTwice(reader: Reader, setup: BodyParserSetup): Promise<void> {
  for (const sample of setup.valid) {
    const { value, again } = assertValue(await reader.send(sample), sample);
    assert.ok(Object.is(value, again), "the second getBody() gave another value");
  }
}

async function keepsRawBytes(reader: Reader, setup: BodyParserSetup): Promise<void> {
  const streams = parsersOf(setup).every(({ form }) => form === "stream");
  for (const sample of setup.valid) {
    const { raw } = assertValue(await reader.send(sample, "chunked"), sample);
    assert.deepStrictEqual(raw, streams ? null : Buffer.from(sample.body));
  }
}
