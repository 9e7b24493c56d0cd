/** The rows of `rows.test.ts`, with direct answers that are batched until the end of their turn, as under load. */
import { beforeAll, describe, expect, test } from "vitest";
import * as kit from "../../../packetron/src/index.ts";
import { answerTogether } from "../direct/_together.ts";
import { compareRow, directOf, standardOf } from "./_compare.ts";
import { tables } from "./_rows/index.ts";
import { shareSites } from "./_shared-sites.ts";

const open = shareSites(kit, {}, 2);

/** Rows that differ under load, because other events of the turn precede the flush of the answer. */
const differs = new Map([
  ["no body, async iteration after the answer", "the iteration ends before the answer is flushed"],
  ["no body, getBody() after the answer", "the body settles before the answer is flushed"],
  ["no body, getBody() without an await", "the body settles before the answer is flushed"],
  ["a large body that getBody() reads", "the body may arrive in several turns"],
]);

beforeAll(answerTogether);

test("each row that differs under load exists", () => {
  const names = new Set(tables.flatMap(([, rows]) => rows.map(({ name }) => name)));
  expect([...differs.keys()].filter((name) => !names.has(name))).toEqual([]);
});

describe.each(tables)("both ways of dispatch give the same under load: %s", (_name, rows) => {
  test.each(rows.map((row) => [row.name, row] as const))("%s", async (name, row) => {
    const reason = differs.get(name);
    const comparisons = await compareRow(reason === undefined ? row : { ...row, differs: reason }, open);
    expect(directOf(comparisons)).toEqual(standardOf(comparisons));
  });
});
