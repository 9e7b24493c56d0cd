import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readArguments, type Signature, type Values } from "../src/arguments.ts";
import { CommandFailure } from "../src/exit-code.ts";

const start: Signature = {
  name: "start",
  entry: true,
  options: {
    threads: { value: "<n>", short: "t", help: "" },
    watch: { value: "<path>", multiple: true, help: "" },
    help: { short: "h", help: "" },
  },
};
const status: Signature = {
  name: "status",
  entry: false,
  options: { json: { help: "" }, help: { help: "" } },
};

function read(line: string, signature: Signature = start): Values {
  return readArguments(line === "" ? [] : line.split(" "), signature);
}

/** The message with which a command line is refused. */
function refusalOf(line: string, signature: Signature = start): string {
  try {
    read(line, signature);
  } catch (error) {
    if (error instanceof CommandFailure && error.exitCode === 2) return error.message.split("\n")[0] ?? "";
    throw error;
  }
  throw new Error(`"${line}" was accepted`);
}

describe("the words of a command", () => {
  test.each([
    ["app.js", "app.js", undefined, []],
    ["app.js --threads 4", "app.js", "4", []],
    ["--threads 4 app.js", "app.js", "4", []],
    ["--threads=4 app.js", "app.js", "4", []],
    ["-t 4 app.js", "app.js", "4", []],
    ["-t4 app.js", "app.js", "4", []],
    ["-t 2 -t 4 app.js", "app.js", "4", []],
    ["app.js -- --threads 9 -- x", "app.js", undefined, ["--threads", "9", "--", "x"]],
    ["app.js --", "app.js", undefined, []],
  ])("%s", (line, entry, threads, rest) => {
    const values = read(line);
    expect([values.entry, values.text("threads"), values.rest]).toEqual([entry, threads, rest]);
  });

  test("give all values of an option that may be repeated", () => {
    expect(read("app.js --watch a --watch=b").texts("watch")).toEqual(["a", "b"]);
    expect(read("app.js").texts("watch")).toEqual([]);
  });

  test("show whether a switch was given", () => {
    expect([read("--json", status).has("json"), read("", status).has("json")]).toEqual([true, false]);
  });

  test("may lack the entry file when --help is among them", () => {
    expect(read("--help").has("help")).toBe(true);
    expect(read("-h surplus words").has("help")).toBe(true);
  });

  test.each([
    ["", '"packetron start" needs the entry file of the program.'],
    ["-- app.js", '"packetron start" needs the entry file of the program.'],
    ["app.js other", 'Unexpected argument "other". Put arguments for the program after --: -- other'],
    [
      "app.js --thraeds 4",
      'Unknown option --thraeds. Did you mean "--threads"? Put arguments for the program after --.',
    ],
    ["app.js --verbose", "Unknown option --verbose. Put arguments for the program after --."],
    ["app.js -x", "Unknown option -x. Put arguments for the program after --."],
    ["app.js --constructor", "Unknown option --constructor. Put arguments for the program after --."],
    ["app.js --threads", "--threads needs a value: --threads <n>."],
    ["app.js --threads=", "--threads needs a value: --threads <n>."],
    ["--threads --watch app.js", "--threads needs a value: --threads <n>."],
    ["app.js --help=yes", '--help takes no value, but got "yes".'],
  ])("that are wrong are refused with a reason: %s", (line, sentence) => {
    expect(refusalOf(line)).toBe(sentence);
  });

  test.each([
    ["api", 'Unexpected argument "api".'],
    ["-- api", 'Unexpected argument "api".'],
    ["--jsno", 'Unknown option --jsno. Did you mean "--json"?'],
  ])("of a command without an entry file are refused as well: %s", (line, sentence) => {
    expect(refusalOf(line, status)).toBe(sentence);
  });

  test("are read, or refused with a CommandFailure, for any random words", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("--", "-", "--threads", "-t", "--watch=", "--help", "a.js"),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        try {
          readArguments(words, start);
        } catch (error) {
          expect(error).toBeInstanceOf(CommandFailure);
        }
      }),
    );
  });
});
