/** Cases about the conversion of bodies: the value of each body, and attacks on prototypes. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { PacketronHandlerFlags } from "../config/flags.ts";
import { type Answer, assertInvalid, assertNothing, assertRefused, assertValue } from "./_answer.ts";
import type { Pace } from "./_client.ts";
import { assertHarmless, assertNoPollution, hostileTexts } from "./_pollution.ts";
import { Reader } from "./_reader.ts";
import type { BodyParserSetup, InvalidBody, ValidBody } from "./body-parser.ts";
import type { ConformanceCase } from "./conformance-case.ts";

const paces: readonly Pace[] = ["whole", "chunked", "byte by byte"];

/** Returns the cases that check the values of parsed bodies, for the parser of a setup. */
export function parsingCases(setup: BodyParserSetup): ConformanceCase[] {
  return [
    ...setup.valid.flatMap((sample) => validCases(setup, sample)),
    ...setup.invalid.flatMap((sample) => invalidCases(setup, sample)),
    {
      name: "bodies sent one after another give their own values, also when the first is sent again",
      run: () => givesOwnValues(setup),
    },
    { name: "no body and an empty body give null, without an error", run: () => givesNullForNothing(setup) },
    {
      name: "no hostile body changes a prototype, now or when its value is copied",
      run: () => survivesHostileBodies(setup),
    },
  ];
}

function validCases(setup: BodyParserSetup, sample: ValidBody): ConformanceCase[] {
  const compressed = { ...sample, body: gzipSync(sample.body), headers: { "content-encoding": "gzip" } };
  return [
    ...paces.map((pace) => ({
      name: `${sample.name}: sent ${pace}, it gives its value`,
      run: () =>
        Reader.use(setup, {}, async (reader) => assertValue(await reader.send(sample, pace), sample)),
    })),
    {
      name: `${sample.name}: sent with gzip, it gives its value`,
      run: () => Reader.use(setup, {}, async (reader) => assertValue(await reader.send(compressed), sample)),
    },
  ];
}

function invalidCases(setup: BodyParserSetup, sample: InvalidBody): ConformanceCase[] {
  return [
    {
      name: `${sample.name}: it gives null and a coded error, and the handler decides`,
      run: () =>
        Reader.use(setup, {}, async (reader) => assertInvalid(await reader.send(sample), sample.code)),
    },
    {
      name: `${sample.name}: with REJECT_INVALID_BODY it is answered before the handler`,
      run: () =>
        Reader.use(setup, { flags: PacketronHandlerFlags.REJECT_INVALID_BODY }, async (reader) => {
          assertRefused(await reader.send(sample), sample.status ?? 400);
        }),
    },
  ];
}

function givesOwnValues(setup: BodyParserSetup): Promise<void> {
  return Reader.use(setup, {}, async (reader) => {
    const samples = [...setup.valid, ...setup.valid.slice(0, 1)];
    const answers: { readonly sample: ValidBody; readonly answer: Answer }[] = [];
    for (const sample of samples) answers.push({ sample, answer: await reader.send(sample) });
    // The values are compared after the last body, to detect a value that a later body has changed.
    for (const { sample, answer } of answers) assertValue(answer, sample);
    const [first, again] = [answers.at(0)?.answer.reading?.value, answers.at(-1)?.answer.reading?.value];
    const shared = typeof first === "object" && first !== null && first === again;
    assert.ok(!shared, "two requests got the same object, so handlers would see each other's changes");
  });
}

function givesNullForNothing(setup: BodyParserSetup): Promise<void> {
  return Reader.use(setup, {}, async (reader) => {
    for (const { mediaType } of setup.valid) {
      assertNothing(await reader.send({ mediaType, body: "" }));
      assertNothing(await reader.send({ mediaType, body: "" }, "chunked"));
    }
  });
}

function survivesHostileBodies(setup: BodyParserSetup): Promise<void> {
  return Reader.use(setup, {}, async (reader) => {
    const mediaType = setup.valid[0]?.mediaType ?? "";
    const texts = hostileTexts.map((body) => ({ mediaType, body }));
    for (const hostile of [...texts, ...(setup.hostile ?? [])]) {
      const { status, reading } = await assertNoPollution(() => reader.send(hostile));
      assert.equal(status, 200);
      assertHarmless(reading?.value);
    }
  });
}
