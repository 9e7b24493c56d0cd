/** Cases about the way of a body: caps, clients that go away, connections that carry more than one request. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { isPacketronError } from "../errors.ts";
import { post, postAndLeave, postInterleaved, postPipelined } from "./_client.ts";
import type { Reader } from "./_reader.ts";
import { assertNull, assertValue, useReader } from "./_reader-for.ts";
import type { BodyParserSetup, ValidBody } from "./body-parser.ts";
import { type ConformanceCase, PATIENCE, within } from "./conformance-case.ts";

/** The cases about one body on its way, and about two. */
export function transportCases(setup: BodyParserSetup): ConformanceCase[] {
  const longest = setup.valid.reduce((one, other) => (sizeOf(other) > sizeOf(one) ? other : one));
  return [
    {
      name: "a body one byte below the cap, and one of exactly the cap, give their value",
      run: () => passesUpToTheCap(setup, longest),
    },
    {
      name: "a body that declares one byte more than the cap is answered with 413 before the handler",
      run: () =>
        useReader(setup, { limit: sizeOf(longest) - 1 }, async (reader) => {
          const { status, reading } = await reader.send(longest);
          assert.equal(status, 413);
          assert.equal(reading, undefined, "the handler ran");
        }),
    },
    {
      name: "a body that grows one byte over the cap is answered with 413, and getBody() rejects",
      run: () =>
        useReader(setup, { limit: sizeOf(longest) - 1 }, (reader) => rejectsBeyondTheCap(reader, longest)),
    },
    {
      name: "a client that goes away inside the body settles getBody() with PKT_BODY_ABORTED",
      run: () => useReader(setup, {}, (reader) => settlesAfterAbort(reader, longest)),
    },
    {
      name: "two bodies that arrive at the same time do not mix",
      run: () => useReader(setup, {}, (reader) => keepsApart(reader, setup)),
    },
    {
      name: "requests behind a body on the same connection are answered in order",
      run: () => useReader(setup, {}, (reader) => answersInOrder(reader, setup)),
    },
  ];
}

function sizeOf({ body }: ValidBody): number {
  return Buffer.byteLength(body);
}

async function passesUpToTheCap(setup: BodyParserSetup, sample: ValidBody): Promise<void> {
  for (const limit of [sizeOf(sample) + 1, sizeOf(sample)]) {
    await useReader(setup, { limit }, async (reader) => {
      assertValue(await reader.send(sample), sample);
      assertValue(await reader.send(sample, "chunked"), sample);
    });
  }
}

async function rejectsBeyondTheCap(reader: Reader, sample: ValidBody): Promise<void> {
  const compressed = { ...sample, body: gzipSync(sample.body), headers: { "content-encoding": "gzip" } };
  for (const sending of [sample, compressed]) {
    const { answer, rejection } = await reader.sendRejected(sending, (posting) => post(posting, "chunked"));
    assert.equal(answer, 413);
    assert.ok(
      isPacketronError(rejection, "PKT_BODY_TOO_LARGE"),
      `expected PKT_BODY_TOO_LARGE, got ${rejection}`,
    );
  }
}

async function settlesAfterAbort(reader: Reader, sample: ValidBody): Promise<void> {
  const { rejection } = await reader.sendRejected(sample, postAndLeave);
  assert.ok(isPacketronError(rejection, "PKT_BODY_ABORTED"), `expected PKT_BODY_ABORTED, got ${rejection}`);
}

async function keepsApart(reader: Reader, setup: BodyParserSetup): Promise<void> {
  const sent = setup.valid.map((sample) => ({ sample, posting: reader.posting(sample) }));
  const postings = sent.map(({ posting }) => posting);
  const statuses = await bounded(
    setup,
    postInterleaved(postings, (posting) => reader.begun(posting)),
  );
  for (const [index, { sample, posting }] of sent.entries()) {
    assertValue({ status: statuses[index] ?? 0, reading: reader.readingOf(posting) }, sample);
  }
}

async function answersInOrder(reader: Reader, setup: BodyParserSetup): Promise<void> {
  const samples = [...setup.valid, ...setup.invalid, ...setup.valid.slice(0, 1)];
  const sent = samples.map((sample) => ({ sample, posting: reader.posting(sample) }));
  const statuses = await bounded(
    setup,
    postPipelined(
      reader.port,
      sent.map(({ posting }) => posting),
    ),
  );
  assert.equal(statuses.length, samples.length, `${statuses.length} answers to ${samples.length} requests`);
  for (const [index, { sample, posting }] of sent.entries()) {
    const answer = { status: statuses[index] ?? 0, reading: reader.readingOf(posting) };
    if ("value" in sample) assertValue(answer, sample);
    else assertNull(answer, sample.code ?? "PKT_BODY_INVALID");
  }
}

function bounded(setup: BodyParserSetup, statuses: Promise<number[]>): Promise<number[]> {
  return within(statuses, setup.patience ?? PATIENCE, "the answers did not come");
}
