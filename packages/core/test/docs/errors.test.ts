import { describe, expect, test } from "vitest";
import { coreError, coreErrorCodes } from "../../src/errors.ts";
import { codeIn, readPage, sectionOf, tableRows } from "./_markdown.ts";

const rows = tableRows(sectionOf(readPage("docs/reference/errors.md"), "Codes of @packetron/core"));

describe("the table of errors", () => {
  test("has every code of the code, once, and no others", () => {
    expect(rows.map((row) => codeIn(row["code"])).toSorted()).toEqual([...coreErrorCodes].toSorted());
  });

  test.each(coreErrorCodes)("says the status of %s", (code) => {
    const row = rows.find((candidate) => codeIn(candidate["code"]) === code);
    expect(row?.["status"]).toBe(String(coreError(code).status ?? "–"));
  });

  test.each(rows)("says what $code means and what to do", (row) => {
    expect(row["meaning"]).not.toBe("");
    expect(row["what to do"]).not.toBe("");
  });
});
