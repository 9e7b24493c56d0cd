import { describe, expect, test } from "vitest";
import { fits, type Mistake, makeMistake, readMistakes } from "./_mistakes.ts";

const mistakes = readMistakes();
const sections = [...new Set(mistakes.map(({ section }) => section))];

describe.each(sections)("%s", (section) => {
  const rows = mistakes.filter((row) => row.section === section);
  test.each(rows.map((row): [code: string, row: Mistake] => [row.code, row]))("%s", async (_code, row) => {
    const { message, beginsThere = true } = await makeMistake(row);
    expect(fits(message, row.message) ? row.message : message).toBe(row.message);
    expect(beginsThere || isLater(row.code), "the stack begins in the code").toBe(true);
  });
});

test("the page has about a hundred mistakes, each one once", () => {
  const codes = mistakes.map(({ section, code }) => `${section}: ${code}`);
  expect(codes.length).toBeGreaterThan(100);
  expect(new Set(codes).size).toBe(codes.length);
});

test("a message with … fits any text there, and a silent mistake fits no row", () => {
  expect(fits("Port 80 on a is in use.", "Port … on a is in use.")).toBe(true);
  expect(fits("Port 80 on b is in use.", "Port … on a is in use.")).toBe(false);
  expect(fits("a+b", "a.b")).toBe(false);
  expect(mistakes.filter(({ message }) => fits("nothing", message))).toEqual([]);
});

/** Whether the error of a row comes when its code has returned. */
function isLater(code: string): boolean {
  return code.includes(".start()");
}
