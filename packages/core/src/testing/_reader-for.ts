/** A reader for the parser under test, and what its answers have to be. */
import assert from "node:assert/strict";
import type { Capability } from "../capability.ts";
import { isPacketronError } from "../errors.ts";
import { type Answer, Reader, type Reading } from "./_reader.ts";
import type { BodyParserSetup, ValidBody } from "./body-parser.ts";
import { PATIENCE } from "./conformance-case.ts";

/** What differs from a route with the parser's flag alone. */
export interface ReaderVariation {
  readonly flags?: number;
  readonly limit?: number;
  readonly others?: readonly Capability[];
}

/** Runs a case on a server with the parser under test. */
export function useReader(
  setup: BodyParserSetup,
  { flags = 0, limit, others = [] }: ReaderVariation,
  run: (reader: Reader) => Promise<unknown>,
): Promise<void> {
  return Reader.use(
    {
      capabilities: [setup.create(), ...others],
      flags: setup.flag | flags,
      limit: limit ?? null,
      patience: setup.patience ?? PATIENCE,
    },
    run,
  );
}

/** The handler ran and got the value of the sample; returns what it read. */
export function assertValue(answer: Answer, { value }: Pick<ValidBody, "value">): Reading {
  const reading = assertRead(answer);
  assert.equal(reading.bodyError, null, `getBodyError() tells of ${reading.bodyError}`);
  assert.deepStrictEqual(reading.value, value);
  return reading;
}

/** The handler ran and got `null`; `getBodyError()` has the code, or nothing. */
export function assertNull(answer: Answer, code?: string): void {
  const reading = assertRead(answer);
  assert.equal(reading.value, null);
  if (code === undefined)
    assert.equal(reading.bodyError, null, `getBodyError() tells of ${reading.bodyError}`);
  else assert.ok(isPacketronError(reading.bodyError, code), `expected ${code}, got ${reading.bodyError}`);
}

function assertRead({ status, reading }: Answer): Reading {
  assert.ok(reading !== undefined, `the handler did not run; the answer was ${status}`);
  assert.equal(reading.rejection, undefined, `getBody() rejected with ${reading.rejection}`);
  assert.equal(status, 200);
  return reading;
}
