/** The suite that every body parser has to pass. */
import assert from "node:assert/strict";
import type { Capability } from "../capability/contract.ts";
import { parsingCases } from "./_parsing-cases.ts";
import { routeCases } from "./_route-cases.ts";
import { transportCases } from "./_transport-cases.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** A body of the parser's format. */
export interface SampleBody {
  /** What is special about it; the names of one setup differ. */
  readonly name: string;
  /** Its Content-Type, with parameters where the format needs them. */
  readonly mediaType: string;
  /** Its bytes, or its text in UTF-8. Up to a few kilobytes, because it is also sent byte by byte. */
  readonly body: string | Uint8Array;
}

/** A body that the parser reads. */
export interface ValidBody extends SampleBody {
  /** What `getBody()` gives, compared as `assert.deepStrictEqual` does: prototypes count. */
  readonly value: unknown;
}

/** A body that the parser refuses. */
export interface InvalidBody extends SampleBody {
  /**
   * The code that `getBodyError()` has: another one only if the parser throws coded errors of its own.
   * @default "PKT_BODY_INVALID"
   */
  readonly code?: string;
  /**
   * The status that such an error has, and that REJECT_INVALID_BODY answers with.
   * @default 400
   */
  readonly status?: number;
}

/** What a body parser's suite needs to know. */
export interface BodyParserSetup {
  /** Makes the capability; called anew for each case. */
  create(): Capability;
  /** The handler-flag bit of the parser under test. */
  readonly flag: number;
  /** Two bodies or more, with different values; the longest has two bytes at least. */
  readonly valid: readonly ValidBody[];
  /** Bodies that the parser refuses; none for a format in which nothing is wrong, such as text. */
  readonly invalid: readonly InvalidBody[];
  /** Attacks in the parser's own format, beside those of common text formats, which the suite tries by itself. */
  readonly hostile?: readonly SampleBody[];
  /**
   * How long a case waits for one answer, in milliseconds.
   * @default 5000
   */
  readonly patience?: number;
}

/**
 * The cases that a body parser has to pass, each with servers and real connections of its own on 127.0.0.1.
 *
 * They check that valid bodies give their value however they travel (whole, in chunks, byte by byte, compressed, two at
 * once, pipelined); that empty and invalid bodies give `null` and the right error; caps, aborts and memoised reading; the
 * choice by Content-Type; and that no body reaches a prototype, now or when its value is copied.
 *
 * @throws AssertionError when the setup itself is too small to tell a good parser from a broken one.
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
  assert.ok(valid.length >= 2, "the setup needs two valid bodies or more");
  const [first, second] = valid;
  assert.notDeepStrictEqual(first?.value, second?.value, "the first two valid bodies need different values");
  const longest = Math.max(...valid.map(({ body }) => Buffer.byteLength(body)));
  assert.ok(longest >= 2, "the longest valid body needs two bytes at least");
  const names = [...valid, ...invalid, ...hostile].map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, "the names of the bodies have to differ");
}
