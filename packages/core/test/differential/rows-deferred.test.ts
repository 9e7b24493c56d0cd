/** The rows of `rows.test.ts`, with requests that are deferred to the end of their turn, as in long turns. */
import { beforeAll, describe, expect, test } from "vitest";
import * as kit from "../../../packetron/src/index.ts";
import { deferRequests } from "../_turns.ts";
import { compareRow, directOf, standardOf, whenDeferred } from "./_compare.ts";
import { tables } from "./_rows/index.ts";
import { shareSites } from "./_shared-sites.ts";

const open = shareSites(kit, {}, 2);

/** Rows that differ when the whole request has arrived before its handler runs, as it can for any late handler. */
const differs = new Map([
  ["a body with a length, getBody() after the answer", "the body is dropped with the answer"],
  ["a chunked body, getBody() after the answer", "the body is dropped with the answer"],
  ["a body with a length, getBody() without an await", "the request ends with the answer"],
  ["a chunked body, getBody() without an await", "the request ends with the answer"],
  ["an invalid body that is refused", "the request of the second answer ends with it"],
  ['request.on("readable") before the answer', "the stream of a direct request ends when it is first used"],
  ['request.on("readable") after the answer', "the stream of a direct request ends when it is first used"],
]);

/** Rows whose clients wait for a close, which a request that has arrived as a whole does not need. */
const LEFT_OUT = /^a body over (the|its) limit/;

beforeAll(() => deferRequests());

test("each row that differs when it is deferred exists", () => {
  const names = new Set(tables.flatMap(([, rows]) => rows.map(({ name }) => name)));
  expect([...differs.keys()].filter((name) => !names.has(name))).toEqual([]);
  expect([...names].filter((name) => LEFT_OUT.test(name)).length).toBeGreaterThan(0);
});

describe.each(tables)("both ways of dispatch give the same to deferred requests: %s", (_name, rows) => {
  const names = rows.filter(({ name }) => !LEFT_OUT.test(name)).map((row) => [row.name, row] as const);
  test.each(names)("%s", async (name, row) => {
    const reason = differs.get(name);
    const comparisons = await compareRow(reason === undefined ? row : { ...row, differs: reason }, open);
    expect(whenDeferred(directOf(comparisons))).toEqual(whenDeferred(standardOf(comparisons)));
  });
});
