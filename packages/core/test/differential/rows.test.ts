/** Each row, with both ways of dispatch: the client gets the same answers, and the application sees the same events. */
import { describe, expect, test } from "vitest";
import * as kit from "../../../packetron/src/index.ts";
import { compareRow, directOf, standardOf } from "./_compare.ts";
import { tables } from "./_rows/index.ts";
import { shareSites } from "./_shared-sites.ts";

const open = shareSites(kit);

describe.each(tables)("both ways of dispatch give the same: %s", (_name, rows) => {
  test.each(rows.map((row) => [row.name, row] as const))("%s", async (_title, row) => {
    const comparisons = await compareRow(row, open);
    expect(directOf(comparisons)).toEqual(standardOf(comparisons));
  });
});
