/** Cases about the transport of bodies: size limits, aborted requests, and connections with several requests. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { assertCode, assertInvalid, assertRefused, assertValue } from "./_answer.ts";
import { post, postAndLeave, postInterleaved, postPipelined } from "./_client.ts";
import { Reader } from "./_reader.ts";
import type { BodyParserSetup, ValidBody } from "./body-parser.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** Returns the cases that check size limits, aborts and shared connections, for the parser of a setup. */
export function transportCases(setup: BodyParserSetup): ConformanceCase[] {
  const longest = setup.valid.reduce((one, other) => (sizeOf(other) > sizeOf(one) ? other : one));
  const tooSmall = { limit: sizeOf(longest) - 1 };
  return [
    {
      name: "a body one byte below the limit, and one of exactly the limit, give their value",
      run: () => passesUpToTheLimit(setup, longest),
    },
    {
      name: "a body that declares one byte more than the limit is answered with 413 before the handler",
      run: () =>
        Reader.use(setup, tooSmall, async (reader) => assertRefused(await reader.send(longest), 413)),
    },
    {
      name: "a body that exceeds the limit while it arrives is answered with 413, and getBody() rejects",
      run: () => Reader.use(setup, tooSmall, (reader) => rejectsBeyondTheLimit(reader, longest)),
    },
    {
      name: "a client that disconnects during the body makes getBody() reject with PKT_BODY_ABORTED",
      run: () => Reader.use(setup, {}, (reader) => settlesAfterAbort(reader, longest)),
    },
    {
      name: "bodies that arrive at the same time do not mix",
      run: () => Reader.use(setup, {}, (reader) => keepsApart(reader, setup)),
    },
    {
      name: "pipelined requests after a body are answered in order",
      run: () => Reader.use(setup, {}, (reader) => answersInOrder(reader, setup)),
    },
  ];
}

function sizeOf({ body }: ValidBody): number {
  return Buffer.byteLength(body);
}

async function passesUpToTheLimit(setup: BodyParserSetup, sample: ValidBody): Promise<void> {
  for (const limit of [sizeOf(sample) + 1, sizeOf(sample)]) {
    await Reader.use(setup, { limit }, async (reader) => {
      assertValue(await reader.send(sample), sample);
      assertValue(await reader.send(sample, "chunked"), sample);
    });
  }
}

async function rejectsBeyondTheLimit(reader: Reader, sample: ValidBody): Promise<void> {
  const compressed = { ...sample, body: gzipSync(sample.body), headers: { "content-encoding": "gzip" } };
  for (const sending of [sample, compressed]) {
    const { outcome, rejection } = await reader.sendRejected(sending, (posting) => post(posting, "chunked"));
    assert.equal(outcome, 413);
    assertCode(rejection, "PKT_BODY_TOO_LARGE");
  }
}

async function settlesAfterAbort(reader: Reader, sample: ValidBody): Promise<void> {
  const { rejection } = await reader.sendRejected(sample, postAndLeave);
  assertCode(rejection, "PKT_BODY_ABORTED");
}

async function keepsApart(reader: Reader, { valid }: BodyParserSetup): Promise<void> {
  const answers = await reader.sendAll(valid, (postings) =>
    postInterleaved(postings, (posting) => reader.began(posting)),
  );
  for (const { sample, answer } of answers) assertValue(answer, sample);
}

async function answersInOrder(reader: Reader, { valid, invalid }: BodyParserSetup): Promise<void> {
  const samples = [...valid, ...invalid, ...valid.slice(0, 1)];
  for (const { sample, answer } of await reader.sendAll(samples, postPipelined)) {
    if ("value" in sample) assertValue(answer, sample);
    else assertInvalid(answer, sample.code);
  }
}
