import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  coreError,
  coreErrorCodes,
  isPacketronError,
  optionError,
  PacketronError,
} from "../../src/errors/errors.ts";

const sources = new URL("../../src/", import.meta.url);

/** One call of `coreError()` or a similar function in the sources: its code, and the names of its facts. */
interface Call {
  readonly file: string;
  readonly code: string;
  readonly facts: readonly string[];
}

/** Every call in the sources whose facts are an object literal. */
function findCalls(): Call[] {
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return files.flatMap((file) => {
    const text = readFileSync(new URL(file, sources), "utf8");
    return [...text.matchAll(/core(?:Range)?Error\(\s*"(\w+)"\s*(,\s*\{)?/g)].map((match): Call => {
      const start = match.index + match[0].length;
      return { file, code: match[1] ?? "", facts: match[2] === undefined ? [] : keysFrom(text, start) };
    });
  });
}

/** The top-level keys of the object literal whose content begins at `start`. Strings and nested brackets are skipped. */
function keysFrom(text: string, start: number): string[] {
  let depth = 0;
  let flat = "";
  const inside = text
    .slice(start)
    .replace(/"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/g, (literal) => "_".repeat(literal.length));
  for (const letter of inside) {
    if ("([{".includes(letter)) depth++;
    if (")]}".includes(letter) && depth-- === 0) break;
    if (depth === 0) flat += letter;
  }
  return flat.split(",").flatMap((part) => /^\s*(\w+)\s*(?::|$)/.exec(part)?.[1] ?? []);
}

/** The names of the facts in the message of a code. */
function factsOf(code: string): string[] {
  const text = readFileSync(new URL("errors/errors.ts", sources), "utf8");
  const row = new RegExp(`^  ${code}: \\{\\n([\\s\\S]*?)^  \\},`, "m").exec(text)?.[1] ?? "";
  return [...new Set([...row.matchAll(/\$\{f\.(\w+)\}/g)].map((match) => match[1] ?? ""))];
}

describe("the table of errors", () => {
  const calls = findCalls();

  test("is frozen, and its codes are PKT_<AREA>_<WHAT>, each once", () => {
    expect(Object.isFrozen(coreErrorCodes)).toBe(true);
    expect(new Set(coreErrorCodes).size).toBe(coreErrorCodes.length);
    for (const code of coreErrorCodes) expect(code).toMatch(/^PKT_[A-Z]+(_[A-Z]+)+$/);
  });

  test.each(coreErrorCodes)(
    "%s is thrown in the sources, each time with all facts of its message",
    (code) => {
      const own = calls.filter((call) => call.code === code);
      expect(own.length, "places that throw it").toBeGreaterThan(0);
      for (const { file, facts } of own) expect(facts, file).toEqual(expect.arrayContaining(factsOf(code)));
    },
  );

  test.each(coreErrorCodes)("%s has a message that is a sentence", (code) => {
    const facts = Object.fromEntries(factsOf(code).map((name) => [name, `<${name}>`]));
    const { message }: Error = Reflect.apply(coreError, undefined, [code, facts]);
    expect(message).not.toContain("undefined");
    expect(message.length).toBeGreaterThan(10);
    for (const fact of Object.values(facts)) expect(message).toContain(fact);
  });

  test("has a status only for errors that a request can cause", () => {
    for (const code of coreErrorCodes) {
      const { status }: { status?: number } = Reflect.apply(coreError, undefined, [code, { status: 400 }]);
      if (status !== undefined) expect(status, code).toBeGreaterThanOrEqual(400);
      const isOfRequest =
        /^PKT_(?:BODY|REQUEST|HANDLER|SHARED)_(?!NOT_NUMBER)/.test(code) && code !== "PKT_BODY_CONSUMED";
      expect(status !== undefined, code).toBe(isOfRequest);
    }
  });
});

describe("coreError", () => {
  test("makes an error with code, message, status and cause", () => {
    const cause = new Error("why");
    const error = coreError("PKT_BODY_TOO_LARGE", { limit: 5 }, cause);
    expect(error).toBeInstanceOf(PacketronError);
    expect(error).toMatchObject({ name: "PacketronError", code: "PKT_BODY_TOO_LARGE", status: 413, cause });
    expect(error.message).toMatch(/larger than 5 bytes/);
    expect(error.stack).toContain("errors.test.ts");
  });

  test("has no cause without one", () => {
    expect(Object.hasOwn(coreError("PKT_SERVER_STOPPED"), "cause")).toBe(false);
    expect(Object.hasOwn(new PacketronError("PKT_X_Y", "text", {}), "cause")).toBe(false);
    expect(new PacketronError("PKT_X_Y", "text", { cause: null }).cause).toBeNull();
  });
});

describe("optionError", () => {
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
    "the error of an option says what arrived and what was expected, and shows only the kind of an object: %s",
    (_what, value, shown) => {
      const error = optionError("multipart().maxFiles", value, "an integer, 0 or more");
      expect(error.code).toBe("PKT_OPTION_INVALID");
      expect(error.message).toBe(
        `Option "multipart().maxFiles": got ${shown}, expected an integer, 0 or more.`,
      );
    },
  );
});

describe("isPacketronError", () => {
  test("recognises the errors of another copy of the package by their code", () => {
    const foreign = Object.assign(new Error("from another copy"), { code: "PKT_BODY_INVALID", status: 400 });
    expect(isPacketronError(foreign)).toBe(true);
    expect(isPacketronError(foreign, "PKT_BODY_INVALID")).toBe(true);
    expect(isPacketronError(foreign, "PKT_BODY_TYPE")).toBe(false);
  });

  test.each<[what: string, value: unknown]>([
    ["an error of Node", Object.assign(new Error("x"), { code: "ENOENT" })],
    ["an error without a code", new Error("PKT_BODY_INVALID")],
    ["an error whose code is a number", Object.assign(new Error("x"), { code: 413 })],
    ["a plain object", { code: "PKT_BODY_INVALID" }],
    ["a code", "PKT_BODY_INVALID"],
    ["null", null],
    ["undefined", undefined],
  ])("is false for %s", (_what, value) => {
    expect(isPacketronError(value)).toBe(false);
  });
});
