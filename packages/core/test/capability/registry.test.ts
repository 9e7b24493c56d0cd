import { describe, expect, test } from "vitest";
import type { BodyParser } from "../../src/capability/body-parser.ts";
import { Registry } from "../../src/capability/registry.ts";
import {
  type FlagFamily,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  PacketronServerFlags,
} from "../../src/config/flags.ts";

/** A parser that claims one bit. */
function parserOf(flag: number, name: string): BodyParser {
  return { flag, name, mediaTypes: ["text/plain"], form: "text", parse: (text) => text };
}

function coded(code: string, message: string | RegExp): object {
  const text = typeof message === "string" ? message : expect.stringMatching(message);
  return expect.objectContaining({ code, message: text });
}

describe("Registry.claimFlag", () => {
  test("lets one capability claim a bit again under the same name, for a second parser of it", () => {
    const registry = new Registry();
    registry.claimFlag("one", "handler", "FORM_DATA", 16);
    registry.claimFlag("one", "handler", "FORM_DATA", 16);
    registry.assertFlags("handler", 16);
  });

  test("keeps the families apart", () => {
    const registry = new Registry();
    registry.claimFlag("one", "handler", "CUSTOM", 1 << 20);
    registry.claimFlag("two", "server", "OTHER", 1 << 20);
    registry.claimFlag("three", "file", "THIRD", 1 << 20);
    for (const family of ["server", "handler", "file"] as const) registry.assertFlags(family, 1 << 20);
  });

  test("refuses two capabilities on one bit, naming both and the name of the bit", () => {
    const registry = new Registry();
    registry.claimFlag("@packetron/body-json", "handler", "JSON_BODY", 1);
    expect(() => registry.claimFlag("fast-json-body", "handler", "JSON_BODY", 1)).toThrow(
      coded(
        "PKT_FLAG_CONFLICT",
        "fast-json-body claims handler bit 1 << 0 (JSON_BODY), but @packetron/body-json has it already. " +
          "Install one of the two, or give yours a free bit between 1 << 20 and 1 << 30.",
      ),
    );
  });

  test("refuses one capability that gives a bit two names", () => {
    const registry = new Registry();
    registry.claimFlag("one", "handler", "FIRST", 1 << 20);
    expect(() => registry.claimFlag("one", "handler", "SECOND", 1 << 20)).toThrow(
      coded("PKT_FLAG_CONFLICT", /one claims handler bit 1 << 20 \(FIRST\)/),
    );
  });

  test.each<[family: FlagFamily, bit: number, name: string]>([
    ["server", PacketronServerFlags.START_IMMEDIATELY, "START_IMMEDIATELY"],
    ["server", PacketronServerFlags.IGNORE_TRAILING_SLASH, "IGNORE_TRAILING_SLASH"],
    ["handler", PacketronHandlerFlags.DONT_USE_BODY, "DONT_USE_BODY"],
    ["handler", PacketronHandlerFlags.EXACT_PATH, "EXACT_PATH"],
    ["handler", PacketronHandlerFlags.SEND_RETURN_VALUE, "SEND_RETURN_VALUE"],
  ])("refuses the %s bit %i, which core itself reads", (family, bit, name) => {
    expect(() => new Registry().claimFlag("one", family, "MINE", bit)).toThrow(
      coded(
        "PKT_FLAG_CONFLICT",
        new RegExp(`^one claims ${family} bit 1 << \\d+ \\(${name}\\), but @packetron/core has it`),
      ),
    );
  });

  test("refuses a reserved bit under another name, so that a flag means the same in every program", () => {
    expect(() => new Registry().claimFlag("msgpack-body", "handler", "MSGPACK_BODY", 1)).toThrow(
      coded(
        "PKT_FLAG_CONFLICT",
        /^msgpack-body claims handler bit 1 << 0 \(JSON_BODY\), but @packetron\/body-json has it/,
      ),
    );
  });

  test.each([0, -1, 3, 5, 1 << 31, 2 ** 31, 2 ** 32, 2 ** 40, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "refuses %d, which is not one bit",
    (bit) => {
      expect(() => new Registry().claimFlag("one", "handler", "MINE", bit)).toThrow(
        coded(
          "PKT_OPTION_INVALID",
          `Option "handler flag MINE": got ${bit}, expected one bit between 1 << 0 and 1 << 30 ` +
            "(1 << 31 would be the sign of the integer).",
        ),
      );
    },
  );
});

describe("Registry.assertFlags", () => {
  test.each<[family: FlagFamily, flags: number]>([
    ["server", 0],
    ["server", 0b1011_1111],
    [
      "handler",
      PacketronHandlerFlags.DONT_USE_BODY | PacketronHandlerFlags.RAW_BODY | PacketronHandlerFlags.EXACT_PATH,
    ],
    ["handler", PacketronHandlerFlags.REJECT_INVALID_BODY | PacketronHandlerFlags.SEND_RETURN_VALUE],
    ["file", 0],
  ])("accepts the %s flags %i without any capability", (family, flags) => {
    expect(() => new Registry().assertFlags(family, flags)).not.toThrow();
  });

  test.each<[family: FlagFamily, flag: number, message: string]>([
    [
      "handler",
      PacketronHandlerFlags.XML_BODY,
      "XML_BODY needs @packetron/body-xml: npm install @packetron/body-xml, then add bodyXml() to capabilities.",
    ],
    [
      "handler",
      PacketronHandlerFlags.JSON_BODY | PacketronHandlerFlags.RAW_BODY,
      "JSON_BODY needs @packetron/body-json: npm install @packetron/body-json, then add bodyJson() to capabilities.",
    ],
    [
      "handler",
      PacketronHandlerFlags.LOCAL_PLUGINS_ONLY,
      "LOCAL_PLUGINS_ONLY needs @packetron/plugins: npm install @packetron/plugins, then add plugins() to capabilities.",
    ],
    [
      "server",
      PacketronServerFlags.OPEN_FIREWALL,
      "OPEN_FIREWALL needs @packetron/firewall: npm install @packetron/firewall, then add firewall() to capabilities.",
    ],
    [
      "file",
      PacketronFileRouterFlags.INDEX_HTML,
      "INDEX_HTML needs @packetron/static: npm install @packetron/static, then add staticFiles() to capabilities.",
    ],
  ])("refuses a flag that no capability claimed and says what to install: %s %i", (family, flag, message) => {
    expect(() => new Registry().assertFlags(family, flag)).toThrow(coded("PKT_FLAG_UNCLAIMED", message));
  });

  test("refuses unknown bits, naming them and every known one", () => {
    expect(() => new Registry().assertFlags("server", (1 << 9) | (1 << 30) | 1)).toThrow(
      coded(
        "PKT_FLAG_UNKNOWN",
        "Unknown bit 1 << 9, 1 << 30 in server flags 1073742337. Known bits: START_IMMEDIATELY (1 << 0), " +
          "STOP_ON_ERROR (1 << 1), TRY_NEXT_PORT (1 << 2), SILENCE_INTERNAL_LOGS (1 << 3), NO_GLOBAL_DATA (1 << 4), " +
          "RAISE_PROCESS_PRIORITY (1 << 5), OPEN_FIREWALL (1 << 6), IGNORE_TRAILING_SLASH (1 << 7). " +
          'Combine the constants of PacketronServerFlags with "|".',
      ),
    );
  });

  test("names the bits of installed capabilities among the known ones", () => {
    const registry = new Registry();
    registry.claimFlag("msgpack-body", "handler", "MSGPACK_BODY", 1 << 20);
    expect(() => registry.assertFlags("handler", 1 << 21)).toThrow(
      /SEND_RETURN_VALUE \(1 << 13\), MSGPACK_BODY \(1 << 20\)\./,
    );
  });

  test.each<[flags: unknown, received: string]>([
    ["1", '"1"'],
    [null, "null"],
    [1.5, "1.5"],
    [-1, "-1"],
    [1 << 31, "-2147483648"],
    [2 ** 31, "2147483648"],
    [Number.NaN, "NaN"],
    [[1], "an array"],
    [{}, "an object"],
  ])("refuses %o, which is not a bit field", (flags, received) => {
    const registry = new Registry();
    expect(() => Reflect.apply(registry.assertFlags, registry, ["handler", flags])).toThrow(
      coded(
        "PKT_OPTION_INVALID",
        `Option "flags": got ${received}, expected constants of PacketronHandlerFlags, combined with "|".`,
      ),
    );
  });
});

describe("Registry.bodyParsersOf", () => {
  test("gives the parsers of the bits, lowest bit first, several of one bit in their order", () => {
    const registry = new Registry();
    const [high, low, first, second] = [
      parserOf(1 << 21, "HIGH"),
      parserOf(1, "JSON_BODY"),
      parserOf(16, "FORM_DATA"),
      parserOf(16, "FORM_DATA"),
    ];
    for (const parser of [high, low, first, second]) registry.claimBodyParser("one", parser);
    expect(registry.bodyParsersOf((1 << 21) | 16 | 1)).toEqual([low, first, second, high]);
    expect(registry.bodyParsersOf(16)[0]).toBe(first);
    expect(registry.bodyParsersOf(16)[1]).toBe(second);
  });

  test("gives no parsers when the route does not use the body, has no body bit, or has other bits", () => {
    const registry = new Registry();
    registry.claimBodyParser("one", parserOf(1, "JSON_BODY"));
    expect(registry.bodyParsersOf(1 | PacketronHandlerFlags.DONT_USE_BODY)).toEqual([]);
    expect(registry.bodyParsersOf(0)).toEqual([]);
    expect(registry.bodyParsersOf(PacketronHandlerFlags.RAW_BODY)).toEqual([]);
  });

  test("refuses the parser of another capability for a bit that is taken", () => {
    const registry = new Registry();
    registry.claimBodyParser("one", parserOf(1 << 20, "MINE"));
    expect(() => registry.claimBodyParser("two", parserOf(1 << 20, "MINE"))).toThrow(
      coded("PKT_FLAG_CONFLICT", /^two claims handler bit 1 << 20 \(MINE\), but one has it already/),
    );
    expect(registry.bodyParsersOf(1 << 20)).toHaveLength(1);
  });
});

describe("Registry options", () => {
  test("refuses two capabilities that claim one option, naming both", () => {
    const registry = new Registry();
    registry.claimServerOption("one", "greeting", () => undefined);
    registry.claimRouteOption("one", "greeting", () => undefined);
    expect(() => registry.claimServerOption("two", "greeting", () => undefined)).toThrow(
      coded(
        "PKT_CAPABILITY_CONFLICT",
        'two claims the server option "greeting", but one has it already. Install one of the two, or choose another name.',
      ),
    );
    expect(() => registry.claimRouteOption("two", "greeting", () => undefined)).toThrow(
      coded("PKT_CAPABILITY_CONFLICT", /^two claims the route option "greeting", but one has it already/),
    );
  });

  test.each(["port", "capabilities", "logger"])(
    "refuses a capability that claims core's server option %s",
    (key) => {
      expect(() => new Registry().claimServerOption("one", key, () => undefined)).toThrow(
        coded(
          "PKT_CAPABILITY_CONFLICT",
          new RegExp(`^one claims the server option "${key}", but @packetron/core has it`),
        ),
      );
    },
  );

  test.each(["routePath", "handler", "maxRequestSizeInBytes"])(
    "refuses a capability that claims core's route option %s",
    (key) => {
      expect(() => new Registry().claimRouteOption("one", key, () => undefined)).toThrow(
        coded(
          "PKT_CAPABILITY_CONFLICT",
          new RegExp(`^one claims the route option "${key}", but @packetron/core has it`),
        ),
      );
    },
  );
});
