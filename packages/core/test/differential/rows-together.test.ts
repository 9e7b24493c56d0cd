/** As `rows.test.ts`, with direct answers that leave at the end of their turn, as they do under load. */
import { beforeAll, describe, expect, test } from "vitest";
import * as kit from "../../../packetron/src/index.ts";
import { answerTogether } from "../direct/_together.ts";
import { compareRow, directOf, type OpenSite, standardOf } from "./_compare.ts";
import { tables } from "./_rows/index.ts";
import { openSite } from "./_site.ts";

const open: OpenSite = (row, mode, watch) => openSite(kit, row, mode, watch, {}, 2);

/** What else happens in the turn of an answer comes before its end. */
const differs = new Map([
  ["no body, async iteration behind the answer", "the iteration ends before the answer is out"],
  ["no body, getBody() behind the answer", "the body settles before the answer is out"],
  ["no body, getBody() that nobody waits for", "the body settles before the answer is out"],
  ["a large body that getBody() reads", "the body may come in more turns than one"],
]);

beforeAll(answerTogether);

test("each row that differs under load is there", () => {
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
