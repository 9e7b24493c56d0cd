import { describe, expect, test } from "vitest";
import { foreignCallHint } from "../../src/errors/foreign-words.ts";

/** Runs a line of a handler, and returns the hint for its error. */
function hintOf(line: string): string | undefined {
  const names = ["request", "req", "response", "res", "reply", "c", "next", "other"];
  const run: unknown = Reflect.construct(Function, [...names, line]);
  if (typeof run !== "function") throw new Error("no function");
  try {
    Reflect.apply(run, undefined, [{}, {}, {}, {}, {}, {}, undefined, {}]);
  } catch (error) {
    return foreignCallHint(error);
  }
  throw new Error(`${line} did not throw`);
}

describe("the hint for a member that Packetron does not have", () => {
  test.each<[line: string, hint: string]>([
    ["response.json({})", "Packetron's response has sendJson(value)."],
    ["res.json({})", "Packetron's response has sendJson(value)."],
    [
      "reply.code(404)",
      "Packetron's response has statusCode: set it before the answer, or write sendJson(value, 404).",
    ],
    ["response.status(404).json({})", "Packetron's response has statusCode"],
    ["res.set('a', 'b')", "Packetron's response has setHeader(name, value)."],
    ["req.get('host')", "Packetron's request has headers: write request.headers"],
    ["request.json()", "Packetron's request has getBody(), on a route with the flag JSON_BODY."],
    ["const { name } = request.body", "Packetron's request has getBody(): write await request.getBody()"],
    ["c.json({})", "A handler gets two arguments, (request, response): response.sendJson(value) answers."],
    [
      "next()",
      "A handler or plugin gets two arguments, (request, response): to go on, return without an answer.",
    ],
    [
      "response.sendFile('a')",
      "sendFile() is missing. It needs @packetron/static: npm install @packetron/static, then add staticFiles() to capabilities.",
    ],
  ])("%s", (line, hint) => expect(hintOf(line)).toContain(hint));
});

test.each([
  "other.json()",
  "response.frobnicate()",
  "response.constructor.name.x()",
  "response.toStringg()",
  "null.json()",
  "const { a } = undefined",
  "throw new Error('response.json is not a function')",
  "throw null",
  "throw new Proxy(new TypeError(), { get() { throw 1 }, getPrototypeOf() { throw 1 } })",
])("there is no hint for %s", (line) => expect(hintOf(line)).toBeUndefined());
