import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  defineConstants,
  GateOrder,
  HttpResponseCode,
  PacketronDistribution,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  PacketronRequestMethod,
  PacketronServerFlags,
} from "../../src/index.ts";

const families: readonly (readonly [name: string, family: Readonly<Record<string, unknown>>])[] = [
  ["PacketronServerFlags", PacketronServerFlags],
  ["PacketronHandlerFlags", PacketronHandlerFlags],
  ["PacketronFileRouterFlags", PacketronFileRouterFlags],
  ["PacketronRequestMethod", PacketronRequestMethod],
  ["PacketronDistribution", PacketronDistribution],
  ["GateOrder", GateOrder],
  ["HttpResponseCode", HttpResponseCode],
];

const colors: Readonly<Record<string, unknown>> = defineConstants("Colors", { RED: 1, DARK_GREEN: 2 });

describe("a misspelt name throws PKT_CONSTANT_UNKNOWN", () => {
  test.each<[family: Readonly<Record<string, unknown>>, name: string, message: string | RegExp]>([
    [
      PacketronHandlerFlags,
      "JSON_BODDY",
      'PacketronHandlerFlags has no JSON_BODDY. Did you mean "JSON_BODY"?',
    ],
    [PacketronHandlerFlags, "json_body", 'PacketronHandlerFlags has no json_body. Did you mean "JSON_BODY"?'],
    [PacketronRequestMethod, "POTS", 'PacketronRequestMethod has no POTS. Did you mean "POST"?'],
    [PacketronRequestMethod, "Get", 'PacketronRequestMethod has no Get. Did you mean "GET"?'],
    [
      PacketronRequestMethod,
      "TRACE",
      "PacketronRequestMethod has no TRACE. Known: GET, POST, PUT, DELETE, HEAD, PATCH, OPTIONS.",
    ],
    [
      PacketronDistribution,
      "LEAST_CONNECTION",
      'PacketronDistribution has no LEAST_CONNECTION. Did you mean "LEAST_CONNECTIONS"?',
    ],
    [HttpResponseCode, "NOTFOUND", 'HttpResponseCode has no NOTFOUND. Did you mean "NOT_FOUND"?'],
    [HttpResponseCode, "404", /^HttpResponseCode has no 404\. Known: CONTINUE, .*\.$/],
    [GateOrder, "FIRST", /^GateOrder has no FIRST\. Known: EARLY, GLOBAL_PLUGINS, /],
    [colors, "GREEN", 'Colors has no GREEN. Did you mean "DARK_GREEN"?'],
  ])("case %#", (family, name, message) => {
    const read = (): unknown => family[name];
    expect(read).toThrow(expect.objectContaining({ code: "PKT_CONSTANT_UNKNOWN" }));
    expect(read).toThrow(message);
  });

  test("with a stack that begins at the line that reads the name", () => {
    function readWrongName(): unknown {
      return colors["RAD"];
    }
    try {
      readWrongName();
      expect.unreachable();
    } catch (error) {
      expect(error instanceof Error ? error.stack?.split("\n")[1] : "").toContain("readWrongName");
    }
  });

  test("when a program destructures it, or adds it to a sum", () => {
    expect(() => {
      const { BLUE } = colors;
      return BLUE;
    }).toThrow("Colors has no BLUE. Known: RED, DARK_GREEN.");
    expect(() => Number(colors["RED"]) | Number(colors["BLUE"])).toThrow("Colors has no BLUE.");
  });
});

describe.each(families)("%s", (name, family) => {
  const plain = { ...family };

  test("looks like a plain frozen object", () => {
    expect(Object.isFrozen(family)).toBe(true);
    expect(inspect(family)).toBe(inspect(plain));
    expect(inspect(family, { showHidden: true, showProxy: true })).toBe(inspect(plain));
    expect(JSON.stringify(family)).toBe(JSON.stringify(plain));
    expect(structuredClone(family)).toEqual(plain);
    expect(String(family)).toBe("[object Object]");
    expect(family instanceof Object).toBe(true);
    expect("NO_SUCH_NAME" in family).toBe(false);
    expect(Object.hasOwn(family, "NO_SUCH_NAME")).toBe(false);
    const listed: string[] = [];
    for (const key in family) listed.push(key);
    expect(listed).toEqual(Object.keys(plain));
  });

  test.each(["then", "toJSON", "$$typeof", "asymmetricMatch", "nodeType", "__esModule", "prototype", ""])(
    "has no %j, which tools probe",
    (key) => expect(family[key]).toBeUndefined(),
  );

  test("inherits the methods of objects, and has no symbols", () => {
    for (const key of ["constructor", "toString", "hasOwnProperty", "__proto__"])
      expect(typeof family[key]).toBe(typeof Reflect.get(plain, key));
    expect(Reflect.get(family, Symbol.iterator)).toBeUndefined();
    expect(Reflect.get(family, Symbol.toStringTag)).toBeUndefined();
    expect(Reflect.get(family, inspect.custom)).toBeUndefined();
  });

  test("refuses its own names in another case, and says under which name programs import it", () => {
    for (const key of Object.keys(plain))
      expect(() => family[key.toLowerCase()]).toThrow(`${name} has no ${key.toLowerCase()}. Did you mean "`);
  });

  test("can be awaited and compared", async () => {
    expect(await family).toBe(family);
    expect(family).toEqual(plain);
    expect(family).not.toEqual({ ...plain, MORE: 1 });
  });
});

test("a name in capitals is either known or refused", () => {
  const capitals = fc.stringMatching(/^[A-Z\d_]{1,30}$/);
  fc.assert(
    fc.property(capitals, (key) => {
      if (Object.hasOwn(PacketronHandlerFlags, key)) return;
      expect(() => Reflect.get(PacketronHandlerFlags, key)).toThrow(
        expect.objectContaining({ code: "PKT_CONSTANT_UNKNOWN" }),
      );
    }),
  );
});
