import { describe, expect, test } from "vitest";
import { codeIn, readPage, sectionOf, tableRows } from "./_markdown.ts";
import { classMembers } from "./_members.ts";

const pages: readonly (readonly [string, readonly string[]])[] = [
  ["request", ["message/request.ts"]],
  ["response", ["message/response.ts"]],
];

describe.each(pages)("the table of members of a %s", (page, files) => {
  test("has the public members of its classes and no others", () => {
    const rows = tableRows(sectionOf(readPage(`docs/reference/${page}.md`), "Members"));
    const documented = rows.map((row) => codeIn(row["member"]).replace(/\(.*/, ""));
    const actual = files.flatMap((file) => classMembers(`packages/core/src/${file}`));
    expect(documented.toSorted()).toEqual(actual.toSorted());
  });
});
