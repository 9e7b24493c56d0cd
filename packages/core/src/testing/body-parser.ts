/** The conformance suite of body parsers. */
import assert from "node:assert/strict";
import type { Capability } from "../capability/contract.ts";
import { parsingCases } from "./_parsing-cases.ts";
import { routeCases } from "./_route-cases.ts";
import { transportCases } from "./_transport-cases.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** A sample body in the parser's format. */
export interface SampleBody {
  /** A name that says what is special about the sample. Names are unique in a setup. */
  readonly name: string;
  /** The Content-Type, with parameters if the format needs them. */
  readonly mediaType: string;
  /** The bytes, or the text in UTF-8. At most a few kilobytes, because the suite also sends it byte by byte. */
  readonly body: string | Uint8Array;
}

/** A body that the parser accepts. */
export interface ValidBody extends SampleBody {
  /** The expected result of `getBody()`, compared with `assert.deepStrictEqual`, which includes prototypes. */
  readonly value: unknown;
}

/** A body that the parser refuses. */
export interface InvalidBody extends SampleBody {
  /**
   * The code of the error that `getBodyError()` gives. It differs from the default only if the parser throws its own
   * codes.
   * @default "PKT_BODY_INVALID"
   */
  readonly code?: string;
  /**
   * The status of the error that `getBodyError()` gives; the flag REJECT_INVALID_BODY answers with this status.
   * @default 400
   */
  readonly status?: number;
}

/** The setup of a suite for one body parser. */
export interface BodyParserSetup {
  /** Makes the capability of the parser under test. Called once for each case. */
  create(): Capability;
  /** The handler-flag bit of the parser under test. */
  readonly flag: number;
  /** At least two bodies. The first two have different values, and the longest has at least two bytes. */
  readonly valid: readonly ValidBody[];
  /** Bodies that the parser refuses. Empty for a format without invalid bodies, such as text. */
  readonly invalid: readonly InvalidBody[];
  /** Attacks in the parser's own format, in addition to those in common text formats, which the suite always sends. */
  readonly hostile?: readonly SampleBody[];
  /**
   * How long a case waits for one answer, in milliseconds.
   * @default 5000
   */
  readonly timeoutMs?: number;
}

/**
 * The cases that a body parser must pass. Each case starts its own servers on 127.0.0.1.
 *
 * The cases check that valid bodies give their value when they are sent whole, in chunks, byte by byte, compressed,
 * interleaved or pipelined. Empty bodies must give `null`, invalid ones `null` and the expected error. Further cases
 * check size limits, aborts, repeated reading, the selection by Content-Type, and attacks on prototypes.
 *
 * @throws AssertionError when the setup has too few samples to distinguish a correct parser from a broken one.
 * @example
 * import { bodyParserConformance } from "@packetron/core/testing";
 * import { test } from "node:test"; // or from "vitest"
 *
 * const suite = bodyParserConformance({
 *   create: () => bodyJson(),
 *   flag: PacketronHandlerFlags.JSON_BODY,
 *   valid: [
 *     { name: "an object", mediaType: "application/json", body: '{"a":1}', value: { a: 1 } },
 *     { name: "a string", mediaType: "application/json", body: '"b"', value: "b" },
 *   ],
 *   invalid: [{ name: "a lone bracket", mediaType: "application/json", body: "{" }],
 * });
 * for (const { name, run } of suite) test(name, run);
 */
export function bodyParserConformance(setup: BodyParserSetup): readonly ConformanceCase[] {
  assertSetup(setup);
  return [...parsingCases(setup), ...transportCases(setup), ...routeCases(setup)];
}

function assertSetup({ valid, invalid, hostile = [] }: BodyParserSetup): void {
  assert.ok(valid.length >= 2, "the setup needs at least two valid bodies");
  const [first, second] = valid;
  assert.notDeepStrictEqual(first?.value, second?.value, "the first two valid bodies need different values");
  const longest = Math.max(...valid.map(({ body }) => Buffer.byteLength(body)));
  assert.ok(longest >= 2, "the longest valid body needs at least two bytes");
  const names = [...valid, ...invalid, ...hostile].map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, "the names of the bodies must be unique");
}
