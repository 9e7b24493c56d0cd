import { describe, expect, test } from "vitest";
import { AnswerReader } from "../../load/answers.ts";

const ANSWER = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nDate: now\r\n\r\nbody");
const LONGER = Buffer.from("HTTP/1.1 200 OK\r\ncontent-length:11\r\n\r\nlonger body");

describe("AnswerReader counts", () => {
  test.each([
    ["whole answers of equal size", [ANSWER, ANSWER, ANSWER], [1, 1, 1]],
    ["answers of other sizes", [ANSWER, LONGER, ANSWER], [1, 1, 1]],
    ["several answers in one read", [Buffer.concat([ANSWER, LONGER, ANSWER])], [3]],
    ["an answer in two reads, at its last byte", [ANSWER.subarray(0, 30), ANSWER.subarray(30)], [0, 1]],
    [
      "an answer that ends in a read with the next one's beginning",
      [ANSWER, Buffer.concat([ANSWER, ANSWER.subarray(0, 5)]), ANSWER.subarray(5)],
      [1, 1, 1],
    ],
    [
      "a part with the size of the answer before it as no answer",
      [ANSWER, ANSWER.subarray(0, 1), Buffer.concat([ANSWER.subarray(1), ANSWER.subarray(0, 1)])],
      [1, 0, 1],
    ],
  ])("%s", (_what, reads, counts) => {
    const reader = new AnswerReader(200);
    expect(reads.map((bytes) => reader.read(bytes))).toEqual(counts);
  });

  test("the answers of byte after byte", () => {
    const reader = new AnswerReader(200);
    const counts = [...Buffer.concat([ANSWER, LONGER])].map((byte) => reader.read(Buffer.from([byte])));
    expect(counts.reduce((sum, count) => sum + count)).toBe(2);
  });

  test("parts whose memory the caller has used again", () => {
    const reader = new AnswerReader(200);
    const memory = Buffer.from(ANSWER.subarray(0, 30));
    reader.read(memory);
    memory.fill(0);
    expect(reader.read(ANSWER.subarray(30))).toBe(1);
  });
});

test.each([
  ["in one read", (bytes: Buffer) => [bytes]],
  ["byte after byte", (bytes: Buffer) => [...bytes].map((byte) => Buffer.from([byte]))],
])("answers in chunks are counted %s", (_what, split) => {
  const chunked = Buffer.from(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhe\r\n0\r\nc\r\n0\r\n\r\n0123456\r\n0\r\n\r\n",
  );
  const reader = new AnswerReader(200);
  const reads = split(Buffer.concat([chunked, ANSWER, chunked]));
  expect(reads.reduce((sum, bytes) => sum + reader.read(bytes), 0)).toBe(3);
});

test("a body that is larger than a read is counted at its end", () => {
  const large = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n${"x".repeat(1_000)}`);
  const reader = new AnswerReader(200);
  const reads = [large.subarray(0, 400), large.subarray(400, 800), large.subarray(800), large];
  expect(reads.map((bytes) => reader.read(bytes))).toEqual([0, 0, 1, 1]);
});

test("an answer with status 304 has no body, even with a Content-Length", () => {
  const reader = new AnswerReader(304);
  const answer = Buffer.from("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n");
  expect([Buffer.concat([answer, answer]), answer].map((bytes) => reader.read(bytes))).toEqual([2, 1]);
});

test.each([
  ["first", []],
  ["later", [Buffer.from("HTTP/1.1 200 Yes\r\nContent-Length: 0\r\n\r\n")]],
])("a %s answer with another status is refused, with its head in the message", (_what, before) => {
  const reader = new AnswerReader(200);
  for (const bytes of before) reader.read(bytes);
  const wrong = Buffer.from("HTTP/1.1 503 Not\r\nContent-Length: 0\r\n\r\n");
  expect(() => reader.read(wrong)).toThrow("HTTP/1.1 503 Not");
});

test("an answer without Content-Length is refused", () => {
  expect(() => new AnswerReader(200).read(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"))).toThrow("Content-Length");
});
