/** What came of a body that a case sent, and what should have come of it. */
import assert from "node:assert/strict";
import { isPacketronError } from "../errors/errors.ts";

/** What the handler got out of one request. */
export interface Reading {
  /** What `getBody()` gave; `undefined` when it rejected. */
  readonly value: unknown;
  /** What a second `getBody()` gave. */
  readonly again: unknown;
  /** What `getBodyError()` told. */
  readonly bodyError: unknown;
  /** What `getRawBody()` gave, on a route with RAW_BODY. */
  readonly raw: Buffer | null;
  /** Why `getBody()` rejected. */
  readonly rejection: unknown;
}

/** The answer to what a case sent; no reading when the handler did not run. */
export interface Answer {
  readonly status: number;
  readonly reading: Reading | undefined;
}

/** The handler ran and got the value of the sample; returns what it read. */
export function assertValue(answer: Answer, { value }: { readonly value: unknown }): Reading {
  const reading = assertRead(answer);
  assert.equal(reading.bodyError, null, `getBodyError() tells of ${reading.bodyError}`);
  assert.deepStrictEqual(reading.value, value);
  return reading;
}

/** The handler ran and got `null`, because there was nothing to read. */
export function assertNothing(answer: Answer): void {
  assertValue(answer, { value: null });
}

/** The handler ran and got `null`, and the reason from `getBodyError()`. */
export function assertInvalid(answer: Answer, code = "PKT_BODY_INVALID"): void {
  const { value, bodyError } = assertRead(answer);
  assert.equal(value, null);
  assertCode(bodyError, code);
}

/** The handler did not run; core answered. */
export function assertRefused({ status, reading }: Answer, expected: number): void {
  assert.equal(reading, undefined, "the handler ran");
  assert.equal(status, expected);
}

/** An error has the code. */
export function assertCode(error: unknown, code: string): void {
  assert.ok(isPacketronError(error, code), `expected ${code}, got ${error}`);
}

function assertRead({ status, reading }: Answer): Reading {
  assert.ok(reading !== undefined, `the handler did not run; the answer was ${status}`);
  assert.equal(reading.rejection, undefined, `getBody() rejected with ${reading.rejection}`);
  assert.equal(status, 200);
  return reading;
}
