import { expect, test } from "vitest";
import { optionError } from "../../src/index.ts";

test.each([
  ["a text", "much", '"much"'],
  ["a long text", "x".repeat(99), `"${"x".repeat(60)}…"`],
  ["a number", -1, "-1"],
  ["a bigint", 10n, "10n"],
  ["nothing", undefined, "undefined"],
  ["an object", { password: "secret" }, "an object"],
  ["a list", ["secret"], "an array"],
  ["a function", function limit() {}, "a function (limit)"],
])(
  "the error of an option says what arrived and what was expected, and only names an object: %s",
  (_what, value, shown) => {
    const error = optionError("multipart().maxFiles", value, "an integer, 0 or more");
    expect(error.code).toBe("PKT_OPTION_INVALID");
    expect(error.message).toBe(
      `Option "multipart().maxFiles": got ${shown}, expected an integer, 0 or more.`,
    );
  },
);
