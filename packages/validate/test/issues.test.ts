import { describe, expect, test } from "vitest";
import { toIssues, withoutReceived } from "../src/issues.ts";

describe("a message without the value that arrived", () => {
  test.each<readonly [string, unknown, string]>([
    [
      "Invalid input: expected string, received undefined",
      undefined,
      "Invalid input: expected string, received undefined",
    ],
    [
      "Invalid input: expected number, received string",
      "secret",
      "Invalid input: expected number, received string",
    ],
    ["Invalid input: expected number, received string", "string", "Invalid input: expected number"],
    ['Invalid type: Expected number but received "secret"', "secret", "Invalid type: Expected number"],
    ["Invalid integer: Received 3.5", 3.5, "Invalid integer"],
    ["Too small: expected number to be >=10", 1, "Too small: expected number to be >=10"],
    ['must be "admin" or "user" (was 5)', 5, 'must be "admin" or "user"'],
    ['must be an email address (was "a@\\"b")', 'a@"b', "must be an email address"],
    ['name ("Ab") must be...\n  ◦ at least length 3', "Ab", "name must be...\n  ◦ at least length 3"],
    ["must be short (was a long text that…)", "a long text that the library has cut", "must be short"],
    ['must be a number (was {"a":"secret"})', { a: "secret" }, "must be a number"],
    ["secret", "secret", "The value is not valid"],
    ["secret is not secret, is it?", "secret", "is not, is it?"],
    ["must not be empty", "", "must not be empty"],
    ["must be an object (was null)", null, "must be an object"],
    ["must be false (was true)", true, "must be false"],
    ["a ".repeat(400), "a", "The value is not valid"],
  ])("%j of %j", (message, value, expected) => {
    expect(withoutReceived(message, value).trim()).toBe(expected);
  });
});

test("paths are keys with dots, and lists, paths and messages are bounded", () => {
  const issue = { message: "x".repeat(1_000), path: ["items", { key: 0 }, Symbol("s"), "p".repeat(500)] };
  const issues = toIssues("body", Array(50).fill(issue), { items: null });
  expect(issues).toHaveLength(20);
  expect(issues[0]?.path.slice(0, 20)).toBe("items.0.Symbol(s).pp");
  expect(issues[0]?.path).toHaveLength(200);
  expect(issues[0]?.message).toHaveLength(500);
  expect(toIssues("query", [{ message: "wrong" }], 5)).toEqual([{ in: "query", path: "", message: "wrong" }]);
});
