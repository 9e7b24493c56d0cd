import { expect, test } from "vitest";
import { createSink, type LineStream } from "../../src/log/sink.ts";

type Written = (error?: Error | null) => void;

/** A stream whose reader accepts bytes when the test lets it. */
class FakeStream implements LineStream {
  taken = "";
  reading = true;
  failure: Error | null = null;
  #waiting: [string, Written][] = [];

  get writableLength(): number {
    return this.#waiting.reduce((sum, [text]) => sum + text.length, 0);
  }

  write(text: string, written: Written): boolean {
    this.#waiting.push([text, written]);
    if (this.reading) this.read();
    return this.reading;
  }

  read(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (this.failure === null) this.taken += next[0];
      next[1](this.failure);
    }
  }

  on(): void {}
}

function _sink(stream: LineStream, writeNow: (bytes: Uint8Array) => number = (bytes) => bytes.length) {
  return createSink({ stream, writeNow, describeDropped: (count) => `dropped ${count}\n` });
}

test("lines go straight to a stream that keeps up", () => {
  const stream = new FakeStream();
  const sink = _sink(stream);
  sink.write("a\n");
  sink.write("b\n");
  expect(stream.taken).toBe("a\nb\n");
});

test("a stalled stream holds one line; the others are queued in order, and are written when it drains", () => {
  const stream = new FakeStream();
  const sink = _sink(stream);
  stream.reading = false;
  for (const line of ["a\n", "b\n", "c\n"]) sink.write(line);
  expect(stream.writableLength).toBe(2);
  stream.reading = true;
  stream.read();
  expect(stream.taken).toBe("a\nb\nc\n");
});

test("the queue is bounded: the oldest lines are dropped, and a line in their place has their number", () => {
  const stream = new FakeStream();
  const sink = _sink(stream);
  stream.reading = false;
  for (let index = 0; index < 1000; index++) sink.write(`${String(index).padEnd(1023)}\n`);
  stream.reading = true;
  stream.read();
  const lines = stream.taken.split("\n").map((text) => text.trimEnd());
  expect(lines.slice(0, 3)).toEqual(["0", "dropped 743", "744"]);
  expect(lines.slice(-2)).toEqual(["999", ""]);
});

test("a line is written even when other code has filled the stream, so that its callback can wake the queue", () => {
  const stream = new FakeStream();
  const sink = _sink(stream);
  stream.reading = false;
  stream.write("other\n", () => {});
  sink.write("a\n");
  sink.write("b\n");
  stream.reading = true;
  stream.read();
  expect(stream.taken).toBe("other\na\nb\n");
});

test("after EPIPE nothing is written any more", () => {
  const stream = new FakeStream();
  const sink = _sink(stream);
  stream.failure = Object.assign(new Error("broken pipe"), { code: "EPIPE" });
  sink.write("a\n");
  stream.failure = null;
  sink.write("b\n");
  expect(stream.taken).toBe("");
});

test("another write error loses that line only", () => {
  const stream = new FakeStream();
  const sink = _sink(stream);
  stream.failure = Object.assign(new Error("full"), { code: "ENOSPC" });
  sink.write("a\n");
  stream.failure = null;
  sink.write("b\n");
  expect(stream.taken).toBe("b\n");
});

test("a stream that throws from write() does not end the process", () => {
  const stream = new FakeStream();
  stream.write = () => {
    throw new Error("closed");
  };
  const sink = _sink(stream);
  expect(() => sink.write("a\n")).not.toThrow();
});

test("flush writes the queue, and the line in flight again, in small pieces and across EAGAIN", () => {
  const stream = new FakeStream();
  let written = "";
  let calls = 0;
  const sink = _sink(stream, (bytes) => {
    if (calls++ % 2 === 0) throw Object.assign(new Error("busy"), { code: "EAGAIN" });
    written += Buffer.from(bytes.subarray(0, 3)).toString();
    return Math.min(3, bytes.length);
  });
  stream.reading = false;
  for (const line of ["first\n", "second\n", "third\n"]) sink.write(line);
  sink.flush();
  expect(written).toBe("first\nsecond\nthird\n");
});

test("flush gives up on a reader that never reads", () => {
  const stream = new FakeStream();
  const sink = _sink(stream, () => {
    throw Object.assign(new Error("busy"), { code: "EAGAIN" });
  });
  stream.reading = false;
  sink.write("a\n");
  const before = performance.now();
  sink.flush();
  expect(performance.now() - before).toBeLessThan(5000);
});
