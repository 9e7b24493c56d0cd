import { describe, expect, test } from "vitest";
import { codeIn, readPage, sectionOf, tableRows } from "./_markdown.ts";

const pages: readonly (readonly [string, readonly string[]])[] = [
  ["request", ["request/request.ts", "body/source.ts", "request/client-signal.ts"]],
  ["response", ["request/response.ts"]],
];

describe.each(pages)("the table of members of a %s", (page, files) => {
  test("has the public members of its classes and no others", () => {
    const rows = tableRows(sectionOf(readPage(`docs/reference/${page}.md`), "Members"));
    const documented = rows.map((row) => codeIn(row["member"]).replace(/\(.*/, ""));
    expect(documented.toSorted()).toEqual(files.flatMap(publicMembers).toSorted());
  });
});

/** Members of the class in a file that have a doc comment and are neither internal nor Node's own, overridden. */
function publicMembers(file: string): string[] {
  const source = readPage(`packages/core/src/${file}`);
  const body = source.slice(source.search(/^export class/m)).split("\n}\n", 1)[0] ?? "";
  const members = [
    ...body.matchAll(/^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}((?:\w+ )*)(\w+)(?=[(:<?;]| =)/gm),
  ];
  return members
    .filter(
      ([, comment = "", modifiers = ""]) =>
        !comment.includes("@internal") && !/override|private/.test(modifiers),
    )
    .map(([, , , name = ""]) => name);
}
