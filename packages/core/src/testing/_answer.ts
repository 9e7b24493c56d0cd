/** The result of reading a body that a case sent, and assertions about it. */
import assert from "node:assert/strict";
import { isPacketronError } from "../errors/errors.ts";

/** The results of the body accessors in one run of the handler. */
export interface Reading {
  /** The result of `getBody()`; `undefined` when it rejected. */
  readonly value: unknown;
  /** The result of a second `getBody()`. */
  readonly again: unknown;
  /** The result of `getBodyError()`. */
  readonly bodyError: unknown;
  /** The result of `getRawBody()` on a route with RAW_BODY; `null` on other routes. */
  readonly raw: Buffer | null;
  /** The error with which `getBody()` rejected; `undefined` when it did not. */
  readonly rejection: unknown;
}

/** The answer to a request of a case. `reading` is `undefined` when the handler did not run. */
export interface Answer {
  readonly status: number;
  readonly reading: Reading | undefined;
}

/** Asserts that the handler ran and that `getBody()` gave the sample's value. Returns what the handler has read. */
export function assertValue(answer: Answer, { value }: { readonly value: unknown }): Reading {
  const reading = assertRead(answer);
  assert.equal(
    reading.bodyError,
    null,
    `expected no body error, but getBodyError() gave ${reading.bodyError}`,
  );
  assert.deepStrictEqual(reading.value, value);
  return reading;
}

/** Asserts that the handler ran and got `null`, because the request had no body. */
export function assertNothing(answer: Answer): void {
  assertValue(answer, { value: null });
}

/** Asserts that the handler ran and got `null`, and an error with the code from `getBodyError()`. */
export function assertInvalid(answer: Answer, code = "PKT_BODY_INVALID"): void {
  const { value, bodyError } = assertRead(answer);
  assert.equal(value, null);
  assertCode(bodyError, code);
}

/** Asserts that the handler did not run, and that core answered with the status. */
export function assertRefused({ status, reading }: Answer, expected: number): void {
  assert.equal(reading, undefined, "the handler ran, although core should have refused the request");
  assert.equal(status, expected);
}

/** Asserts that an error has the code. */
export function assertCode(error: unknown, code: string): void {
  assert.ok(isPacketronError(error, code), `expected ${code}, got ${error}`);
}

function assertRead({ status, reading }: Answer): Reading {
  assert.ok(reading !== undefined, `the handler did not run; the answer was ${status}`);
  assert.equal(reading.rejection, undefined, `getBody() rejected with ${reading.rejection}`);
  assert.equal(status, 200);
  return reading;
}
