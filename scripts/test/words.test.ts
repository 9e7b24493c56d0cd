/** How the check of the language reads comments and pages. */
import { describe, expect, test } from "vitest";
import { commentsOf, proseOf, sentencesOf, wordsOf } from "../_words.ts";

describe("comments of a source", () => {
  test.each([
    ["a line", "// one\ncode();", [{ line: 1, text: "one" }]],
    ["a line comment after code", "code(); // one", [{ line: 1, text: "one" }]],
    ["a block, without its stars", "\n/**\n * one\n * two\n */", [{ line: 2, text: "one\ntwo" }]],
    ["marks inside a string", 'const url = "http://host"; // one', [{ line: 1, text: "one" }]],
    ["marks inside a template", "const url = `http://host /* no */`;", []],
    ["marks inside a regular expression", 'const url = /[/*]"/; // one', [{ line: 1, text: "one" }]],
    ["an escaped quote", "const text = 'it\\'s // no'; // one", [{ line: 1, text: "one" }]],
    ["a division", "const half = all / 2; // one", [{ line: 1, text: "one" }]],
  ])("%s", (_, source, expected) => {
    expect(commentsOf(source)).toEqual(expected);
  });
});

describe("prose of a page", () => {
  test.each([
    ["paragraphs", "One\nline.\n\nTwo.", ["One\nline.", "Two."]],
    ["items of a list", "- one\n- two\n1. three", ["one", "two", "three"]],
    ["headings", "# One\ntext", ["One\ntext"]],
    ["cells of a table", "| one | two |\n|---|---|\n| three | 4 |", ["one", "two", "three"]],
    ["no code block", "One.\n\n```js\nnobody();\n```\n\nTwo.", ["One.", "Two."]],
    ["no front matter", '---\n"packetron": minor\n---\n\nOne.', ["One."]],
  ])("%s", (_, page, expected) => {
    expect(proseOf(page).map(({ text }) => text)).toEqual(expected);
  });

  test("keeps the numbers of the lines after a code block", () => {
    expect(proseOf("One.\n\n```js\na\nb\n```\n\nTwo.")).toEqual([
      { line: 1, text: "One." },
      { line: 8, text: "Two." },
    ]);
  });
});

test("code is one word, and the target of a link is none", () => {
  expect(wordsOf("Call `server.stop(a, b)`, see [the guide](../guide/cluster.md#stop).")).toEqual([
    "Call",
    "code",
    "see",
    "the",
    "guide",
  ]);
});

test("sentences end at a full stop before a capital, not inside a name or an abbreviation", () => {
  expect(sentencesOf("Node.js calls e.g. `end()`. The file is a.ts. Why? Because.")).toEqual([
    "Node.js calls e.g `end()`.",
    "The file is a.ts.",
    "Why?",
    "Because.",
  ]);
});
