import { describe, expect, test } from "vitest";
import { Heard } from "../src/heard.ts";
import { isBefore, messagesOf } from "../src/stream.ts";

describe("the programs that were heard", () => {
  test("count the messages that did not come, and leave out those that come again", () => {
    const heard = new Heard();
    expect([7, 8, 8, 3, 11].map((number) => heard.note("a", number))).toEqual([0, 0, null, null, 2]);
    expect(heard.note("b", 1)).toBe(0);
  });

  test("are forgotten in the order of their last messages", () => {
    const heard = new Heard();
    for (let program = 0; program < 10_000; program++) heard.note(String(program), 5);
    heard.note("0", 6);
    heard.note("one more", 1);
    expect(heard.note("0", 6)).toBeNull();
    expect(heard.note("1", 5)).toBe(0);
  });
});

describe("entries of the stream", () => {
  test.each([
    ["1-0", "2-0", true],
    ["2-0", "1-9", false],
    ["1-2", "1-10", true],
    ["1-2", "1-2", false],
    ["999-0", "1000-0", true],
    ["0-0", "1-0", true],
  ])("%s is before %s: %j", (one, other, expected) => {
    expect(isBefore(one, other)).toBe(expected);
  });

  const fields = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));
  const whole = fields("p", "one", "s", "7", "w", "2", "t", "topic", "b", "bytes");

  test("are read with their bytes", () => {
    const reply = [[Buffer.from("bus"), [[Buffer.from("5-1"), whole]]]];
    expect(messagesOf(reply)).toEqual([
      {
        id: "5-1",
        message: {
          id: "5-1",
          program: "one",
          number: 7,
          worker: 2,
          topic: "topic",
          bytes: Buffer.from("bytes"),
        },
      },
    ]);
  });

  test.each([
    ["no reply", null, []],
    [
      "an entry of another program",
      [[Buffer.from("bus"), [[Buffer.from("5-1"), fields("a", "b")]]]],
      ["5-1"],
    ],
    ["an entry that was deleted", [[Buffer.from("bus"), [[Buffer.from("5-1"), null]]]], ["5-1"]],
    ["another kind of reply", 7, []],
    ["an entry without an id", [[Buffer.from("bus"), [null]]], []],
  ])("are left out, but their id is kept: %s", (_name, reply, ids) => {
    const entries = messagesOf(reply);
    expect(entries.map(({ id }) => id)).toEqual(ids);
    expect(entries.every(({ message }) => message === null)).toBe(true);
  });
});
