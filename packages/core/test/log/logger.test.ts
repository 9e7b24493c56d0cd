import { expect, test } from "vitest";
import { createLogger, type LoggerOptions, type LogLevel } from "../../src/log/logger.ts";

interface Captured {
  readonly lines: string[];
  readonly log: ReturnType<typeof createLogger>;
}

function capture(options: LoggerOptions = {}, isTTY = false): Captured {
  const lines: string[] = [];
  const sink = { isTTY, write: (line: string) => void lines.push(line) };
  return { lines, log: createLogger({ sink, ...options }) };
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test("a line has time, level, message and fields, and ends with one line feed", () => {
  const { lines, log } = capture();
  log.info({ port: 3000, host: "127.0.0.1", reason: "two words", none: undefined }, "Listening");
  const [time, ...rest] = lines.join("").trimEnd().split(" ");
  expect(time).toMatch(TIME);
  expect(rest.join(" ")).toBe('INFO  Listening port=3000 host=127.0.0.1 reason="two words"');
  expect(lines.join("")).toMatch(/[^\n]\n$/);
});

test.each([
  [{ role: "worker", workerId: 2 } as const, "[worker 2]"],
  [{ role: "worker", workerId: 2, generation: 1 } as const, "[worker 2]"],
  [{ role: "worker", workerId: 2, generation: 7 } as const, "[worker 2, generation 7]"],
  [{ role: "primary" } as const, "[primary]"],
])("a process of a cluster names itself in each line: %o", (options, label) => {
  const { lines, log } = capture(options);
  log.warn({}, "hello");
  expect(lines[0]).toContain(`WARN  ${label} hello\n`);
});

test("with json there is one JSON object for each line, with process, worker and generation", () => {
  const { lines, log } = capture({
    role: "worker",
    workerId: 3,
    generation: 2,
    json: true,
  });
  log.error({ port: 1, time: "forged", nested: { a: [1n] } }, "Broken");
  const line: unknown = JSON.parse(lines[0] ?? "");
  expect(line).toMatchObject({
    level: "error",
    pid: process.pid,
    role: "worker",
    worker: 3,
    generation: 2,
    message: "Broken",
    port: 1,
  });
  expect(line).toMatchObject({ time: expect.stringMatching(TIME), time_: "forged", nested: { a: ["1"] } });
});

test("a line of the primary about a worker has the same field names as the worker's own lines", () => {
  const fields = { worker: 3, generation: 2, role: "forged" };
  const [primary, worker] = (["primary", "worker"] as const).map((role) => {
    const { lines, log } = capture({ role, workerId: 1, json: true });
    log.info(fields, "worker 3 starts");
    return JSON.parse(lines[0] ?? "");
  });
  expect(primary).toMatchObject({ role: "primary", worker: 3, generation: 2, role_: "forged" });
  expect(worker).toMatchObject({ role: "worker", worker: 1, worker_: 3, generation: 1, generation_: 2 });
});

test.each<[level: LogLevel | undefined, printed: number]>([
  ["debug", 4],
  [undefined, 3],
  ["info", 3],
  ["warn", 2],
  ["error", 1],
  ["silent", 0],
])("the level %s prints %i of the four levels", (level, printed) => {
  const { lines, log } = capture(level === undefined ? {} : { level });
  for (const method of ["debug", "info", "warn", "error"] as const) log[method]({}, method);
  expect(lines).toHaveLength(printed);
});

test("a silent logger prints nothing", () => {
  const { lines, log } = capture({ silent: true });
  log.error({ err: new Error("x") }, "Broken");
  expect(lines).toEqual([]);
});

test("colours appear on a terminal, unless color is false", () => {
  const terminal = capture({}, true);
  const plain = capture({ color: false }, true);
  terminal.log.warn({}, "x");
  plain.log.warn({}, "x");
  expect(terminal.lines[0]).toContain("\u001b[33mWARN");
  expect(plain.lines[0]).not.toContain("\u001b");
});

const FAILURE = Object.assign(new Error("outer\nforged line", { cause: new TypeError("inner") }), {
  code: "PKT_X",
});

test("an error is logged with code, message, stack and cause, in one line without a terminal", () => {
  const { lines, log } = capture();
  log.error({ err: FAILURE }, "Failed");
  expect(lines[0]).toMatch(
    /err="Error \[PKT_X\]: outer\\nforged line\\n\s+at .*caused by: TypeError: inner\\n\s+at /,
  );
  expect(lines[0]?.split("\n")).toHaveLength(2);
});

test("an error's stack takes several lines on a terminal, and its message still cannot forge one", () => {
  const { lines, log } = capture({ color: false }, true);
  log.error({ err: FAILURE }, "Failed");
  const [first, second] = (lines[0] ?? "").split("\n");
  expect(first).toContain('Failed err="Error [PKT_X]: outer\\nforged line"');
  expect(second).toMatch(/^ +at /);
});

test("an error in JSON is an object", () => {
  const { lines, log } = capture({ json: true });
  log.error({ err: FAILURE }, "Failed");
  const line: unknown = JSON.parse(lines[0] ?? "");
  expect(line).toMatchObject({
    err: { name: "Error", code: "PKT_X", message: "outer\nforged line", cause: { message: "inner" } },
  });
});

test.each([
  ["a line feed", "a\nb"],
  ["a carriage return", "a\rb"],
  ["an escape sequence", "\u001b[2J"],
  ["a C1 control sequence", "\u009b2J"],
  ["a line separator", "a\u2028b"],
  ["a mark that changes the direction of text", "a\u202eb"],
])("%s in message, field name and value is written as an escape, in text and in JSON", (_name, text) => {
  for (const json of [false, true]) {
    const { lines, log } = capture({ json });
    log.warn({ [text]: text, list: [text], err: new Error(text) }, text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test searches for control characters
    expect(lines[0]?.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
  }
});

const CIRCULAR: Record<string, unknown> = {};
CIRCULAR["self"] = CIRCULAR;
const SELF_CAUSED = new Error("loop");
SELF_CAUSED.cause = SELF_CAUSED;

test.each<[string, unknown]>([
  ["a circular object", { value: CIRCULAR }],
  ["an error that is its own cause", { err: SELF_CAUSED }],
  [
    "a getter that throws",
    Object.defineProperty({}, "x", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    }),
  ],
  [
    "a toJSON that throws",
    {
      x: {
        toJSON: () => {
          throw new Error("no");
        },
      },
    },
  ],
  ["functions and symbols", { f: () => 1, s: Symbol("s") }],
  ["null instead of fields", null],
  ["an error instead of fields", new Error("bare")],
  ["a text instead of fields", "text"],
  [
    "ten thousand fields",
    Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index])),
  ],
  [
    "a megabyte of text",
    { text: "x".repeat(1 << 20), list: Array(1e5).fill("y"), err: new Error("z".repeat(1 << 20)) },
  ],
])("%s gives one bounded line and never throws", (_name, fields) => {
  for (const json of [false, true]) {
    const { lines, log } = capture({ json });
    Reflect.apply(log.warn, log, [fields, "message"]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("message");
    expect(lines[0]?.length).toBeLessThan(40_000);
    if (json) expect(() => JSON.parse(lines[0] ?? "")).not.toThrow();
  }
});
