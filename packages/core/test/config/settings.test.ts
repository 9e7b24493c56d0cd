import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ServerOptions } from "../../src/config/options.ts";
import {
  assertKnownOptions,
  coreRouteOptions,
  coreServerOptions,
  resolveRouteLimit,
  resolveServerSettings,
} from "../../src/config/settings.ts";

/** Options of any type, as JavaScript, a file or the environment can supply them. */
function optionsOf(key: string, value: unknown): ServerOptions {
  return { [key]: value };
}

function invalid(option: string, received: string): object {
  return expect.objectContaining({
    code: "PKT_OPTION_INVALID",
    message: expect.stringContaining(`Option "${option}": got ${received}, expected `),
  });
}

const notIntegers: readonly [value: unknown, shown: string][] = [
  [null, "null"],
  [true, "true"],
  ["3000", '"3000"'],
  ["", '""'],
  [1.5, "1.5"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "Infinity"],
  [10n, "10n"],
  [[1], "an array"],
  [{}, "an object"],
  [() => 1, "a function"],
  [Symbol("x"), "Symbol(x)"],
];

// The suite runs with PACKETRON_DISPATCH set, too.
beforeEach(() => void vi.stubEnv("PACKETRON_DISPATCH", undefined));
afterEach(() => void vi.unstubAllEnvs());

describe("resolveServerSettings", () => {
  test("fills in every default, and freezes the result", () => {
    const settings = resolveServerSettings({});
    expect(Object.isFrozen(settings)).toBe(true);
    expect(settings).toEqual({
      port: 3000,
      host: "0.0.0.0",
      backlog: 4_096,
      maxThreads: undefined,
      flags: 0,
      defaultRouteFlags: 0,
      tls: undefined,
      accessLog: undefined,
      dispatch: "direct",
      trustProxy: "loopback",
      errorBodies: "problem",
      defaultBodyLimit: 16_777_216,
      keepAliveTimeout: 72_000,
      headersTimeout: 60_000,
      requestTimeout: 300_000,
      handlerTimeout: 0,
      sendTimeout: 60_000,
      lingerTimeout: 2_000,
      lingerBytes: 8_388_608,
      distribution: "least-connections",
      readyTimeout: 30_000,
      minReadyTime: 1_000,
      drainTimeout: 25_000,
      idleGrace: 500,
      heartbeatInterval: 1_000,
      heartbeatTimeout: 10_000,
      restartBackoff: 100,
      maxRestarts: 10,
      restartWindow: 10_000,
      preDrainDelay: 0,
      maxMemory: 0,
      maxAge: 0,
      maxRequestsPerWorker: 0,
      sharedMemoryLimit: 64 * 1024 * 1024,
    });
  });

  test("takes an option whose value is undefined as absent", () => {
    const absent = Object.fromEntries(coreServerOptions.map((key) => [key, undefined]));
    expect(resolveServerSettings(absent)).toEqual(resolveServerSettings({}));
  });

  describe("keeps a good value as it is", () => {
    test.each<[key: string, values: readonly unknown[]]>([
      ["port", [0, 1, 65_535]],
      ["host", ["127.0.0.1", "::1", "localhost"]],
      ["backlog", [1, 2 ** 31 - 1]],
      ["maxThreads", [1, 1024]],
      ["flags", [0, 5]],
      ["dispatch", ["direct", "standard"]],
      ["trustProxy", [true, false, "loopback", "private", [], ["10.0.0.0/8", "::1"]]],
      ["defaultBodyLimit", [0, 1, Number.MAX_SAFE_INTEGER]],
      ["keepAliveTimeout", [0, 2 ** 31 - 1]],
      ["distribution", ["least-connections", "round-robin", "sticky-ip", "reuse-port"]],
      ["maxRestarts", [0, 1e6]],
      ["tls", [{ key: "-----BEGIN PRIVATE KEY-----", cert: Buffer.from("c") }]],
    ])("%s", (key, values) => {
      for (const value of values)
        expect(resolveServerSettings(optionsOf(key, value))).toHaveProperty(key, value);
    });

    test("and makes null, no limit, the number that no body exceeds", () => {
      expect(resolveServerSettings({ defaultBodyLimit: null }).defaultBodyLimit).toBe(
        Number.POSITIVE_INFINITY,
      );
    });
  });

  describe("refuses a wrong value, naming the option, what arrived and what was expected", () => {
    const delays = [
      "keepAliveTimeout",
      "headersTimeout",
      "requestTimeout",
      "handlerTimeout",
      "sendTimeout",
      "lingerTimeout",
      "readyTimeout",
      "minReadyTime",
      "drainTimeout",
      "preDrainDelay",
      "idleGrace",
      "heartbeatInterval",
      "heartbeatTimeout",
      "restartBackoff",
      "restartWindow",
      "maxAge",
    ];

    const counts = [
      "port",
      "backlog",
      "maxThreads",
      "flags",
      "lingerBytes",
      "maxRestarts",
      "maxMemory",
      "maxRequestsPerWorker",
      "sharedMemoryLimit",
    ];
    test.each([...delays, ...counts])("%s that is not an integer", (key) => {
      for (const [value, shown] of notIntegers) {
        expect(() => resolveServerSettings(optionsOf(key, value))).toThrow(invalid(key, shown));
      }
    });

    test.each(delays)("%s that exceeds the greatest delay of a timer", (key) => {
      for (const value of [-1, 2 ** 31]) {
        expect(() => resolveServerSettings(optionsOf(key, value))).toThrow(invalid(key, String(value)));
      }
    });

    test.each<[key: string, value: unknown, received: string]>([
      ["port", -1, "-1"],
      ["port", 65_536, "65536"],
      ["backlog", 0, "0"],
      ["backlog", 2 ** 31, "2147483648"],
      ["maxThreads", 0, "0"],
      ["maxThreads", -1, "-1"],
      ["maxThreads", 1025, "1025"],
      ["lingerBytes", -1, "-1"],
      ["maxRestarts", -1, "-1"],
      ["host", "", '""'],
      ["host", 127, "127"],
      ["host", null, "null"],
      ["host", ["127.0.0.1"], "an array"],
      ["dispatch", "fast", '"fast"'],
      ["dispatch", true, "true"],
      ["distribution", "random", '"random"'],
      ["distribution", 0, "0"],
      ["trustProxy", "10.0.0.0/8", '"10.0.0.0/8"'],
      ["trustProxy", 1, "1"],
      ["trustProxy", null, "null"],
      ["trustProxy", [1], "an array"],
      ["defaultBodyLimit", -1, "-1"],
      ["defaultBodyLimit", 1.5, "1.5"],
      ["defaultBodyLimit", "1mb", '"1mb"'],
      ["defaultBodyLimit", Number.POSITIVE_INFINITY, "Infinity"],
      ["defaultBodyLimit", Number.NaN, "NaN"],
      ["logger", null, "null"],
      ["logger", {}, "an object"],
      ["logger", function log() {}, "a function (log)"],
      ["logger", { debug() {}, info() {}, warn() {} }, "an object"],
      ["logger", { debug() {}, info() {}, warn() {}, error: "x" }, "an object"],
      ["tls", true, "true"],
      ["tls", null, "null"],
      ["tls", "cert.pem", '"cert.pem"'],
      ["capabilities", null, "null"],
      ["capabilities", {}, "an object"],
      ["capabilities", "bodyJson", '"bodyJson"'],
      ["capabilities", { name: "one", install() {} }, "an object"],
      ["capabilities", function bodyJson() {}, "a function (bodyJson)"],
    ])("%s: %o", (key, value, received) => {
      expect(() => resolveServerSettings(optionsOf(key, value))).toThrow(invalid(key, received));
    });

    test.each<[key: string, value: unknown, message: string]>([
      [
        "port",
        "3000",
        'got "3000", expected an integer, 0 to 65535: a text is not converted, write Number("3000").',
      ],
      [
        "port",
        "./x.sock",
        'expected an integer, 0 to 65535; for a Unix socket write socket: { path: "./x.sock" }.',
      ],
      ["port", "server.sock", 'for a Unix socket write socket: { path: "server.sock" }.'],
      ["port", "http", 'got "http", expected an integer, 0 to 65535.'],
      [
        "maxThreads",
        "4",
        "expected an integer number of worker processes, 1 to 1024: a text is not converted, write",
      ],
      ["maxThreads", "max", 'got "max", expected an integer number of worker processes, 1 to 1024.'],
      ["logger", { info() {}, error() {} }, "debug, info, warn and error: it has no function debug, warn."],
      [
        "logger",
        "console",
        'got "console", expected an object with the functions debug, info, warn and error.',
      ],
    ])("%s: %j, and says what to write", (key, value, message) => {
      expect(() => resolveServerSettings(optionsOf(key, value))).toThrow(message);
    });

    test("and says what was expected", () => {
      const messages = ["port", "host", "dispatch", "trustProxy", "logger", "capabilities"].map((key) => {
        try {
          resolveServerSettings(optionsOf(key, null));
        } catch (error) {
          return error instanceof Error ? error.message : undefined;
        }
        return undefined;
      });
      expect(messages).toEqual([
        'Option "port": got null, expected an integer, 0 to 65535.',
        'Option "host": got null, expected an address such as "127.0.0.1".',
        'Option "dispatch": got null, expected "direct" or "standard".',
        'Option "trustProxy": got null, expected true, false, "loopback", "private" or a list of addresses and CIDRs.',
        'Option "logger": got null, expected an object with the functions debug, info, warn and error.',
        'Option "capabilities": got null, expected a list such as [bodyJson()].',
      ]);
    });
  });

  test.each<[options: unknown, received: string]>([
    [3000, "3000"],
    ["3000", '"3000"'],
    [null, "null"],
    [() => 1, "a function"],
  ])("refuses %o in place of the options", (options, received) => {
    expect(() => Reflect.apply(resolveServerSettings, undefined, [options])).toThrow(
      invalid("options", received),
    );
  });

  test("does not read options from a polluted prototype", () => {
    const polluted: ServerOptions = Object.create({ port: 1 });
    expect(resolveServerSettings(polluted).port).toBe(3000);
  });
});

describe("PACKETRON_DISPATCH", () => {
  test.each(["direct", "standard"])("%s is the default of dispatch", (mode) => {
    vi.stubEnv("PACKETRON_DISPATCH", mode);
    expect(resolveServerSettings({}).dispatch).toBe(mode);
    expect(resolveServerSettings(optionsOf("dispatch", undefined)).dispatch).toBe(mode);
  });

  test("is overridden by the option", () => {
    vi.stubEnv("PACKETRON_DISPATCH", "standard");
    expect(resolveServerSettings({ dispatch: "direct" }).dispatch).toBe("direct");
  });

  test("without text counts as absent", () => {
    vi.stubEnv("PACKETRON_DISPATCH", "");
    expect(resolveServerSettings({}).dispatch).toBe("direct");
  });

  test.each(["off", "Standard", "standard ", "1"])("%j is refused, and named", (value) => {
    vi.stubEnv("PACKETRON_DISPATCH", value);
    expect(() => resolveServerSettings({})).toThrow(
      expect.objectContaining({
        code: "PKT_OPTION_INVALID",
        message: `Option "PACKETRON_DISPATCH": got ${JSON.stringify(value)}, expected "direct" or "standard".`,
      }),
    );
  });
});

test("PACKETRON_DEV=1 limits a drain to one second, because the developer waits for it", () => {
  vi.stubEnv("PACKETRON_DEV", "1");
  expect(resolveServerSettings({}).drainTimeout).toBe(1_000);
  expect(resolveServerSettings({ drainTimeout: 50 }).drainTimeout).toBe(50);
});

describe("resolveRouteLimit", () => {
  test.each<[value: unknown, limit: number | undefined]>([
    [undefined, undefined],
    [null, Number.POSITIVE_INFINITY],
    [0, 0],
    [1024, 1024],
  ])("of %j is %j", (value, limit) => {
    expect(resolveRouteLimit(value)).toBe(limit);
  });

  test.each<[value: unknown, received: string]>([
    [-1, "-1"],
    [1.5, "1.5"],
    ["10kb", '"10kb"'],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [2 ** 53, "9007199254740992"],
    [false, "false"],
  ])("refuses %j", (value, received) => {
    expect(() => resolveRouteLimit(value)).toThrow(invalid("maxRequestSizeInBytes", received));
  });
});

describe("assertKnownOptions", () => {
  test.each<[of: "server" | "route", options: object, message: string]>([
    ["server", { ignoreTrailingSlash: true }, "write flags: PacketronServerFlags.IGNORE_TRAILING_SLASH."],
    ["server", { STOP_ON_ERROR: true }, "It is a flag: write flags: PacketronServerFlags.STOP_ON_ERROR."],
    ["route", { jsonBody: true }, "It is a flag: write flags: PacketronHandlerFlags.JSON_BODY."],
    ["server", { workers: 4 }, 'Unknown server option "workers". Did you mean "maxThreads"?'],
    ["route", { url: "/a" }, 'Unknown route option "url". Did you mean "routePath"?'],
  ])("of a %s: %o, and says what to write", (of, options, message) => {
    const known = of === "server" ? coreServerOptions : coreRouteOptions;
    expect(() => assertKnownOptions(of, options, known, new Map())).toThrow(message);
  });

  const known = ["routePath", "handler"];

  test.each([[{ routePath: "a" }], [{ custom: 1 }], [{ routePath: "a", unknown: undefined }], [{}]])(
    "accepts %j, known, claimed or undefined",
    (options) => {
      expect(() => assertKnownOptions("route", options, known, new Map([["custom", null]]))).not.toThrow();
    },
  );

  test.each<[of: "server" | "route", option: string, message: string]>([
    ["route", "handlr", 'Unknown route option "handlr". Did you mean "handler"?'],
    ["route", "costum", 'Unknown route option "costum". Did you mean "custom"?'],
    ["server", "xyz", 'Unknown server option "xyz". Known: routePath, handler, custom.'],
    ["route", "constructor", 'Unknown route option "constructor". Known: routePath, handler, custom.'],
    [
      "route",
      "maxRequestsPerSecond",
      'Unknown route option "maxRequestsPerSecond". It needs @packetron/ratelimit: npm install @packetron/ratelimit, ' +
        "then add rateLimit() to capabilities.",
    ],
  ])("refuses an unknown %s option %s with a hint", (of, option, message) => {
    const options = { [option]: 1 };
    expect(() => assertKnownOptions(of, options, known, new Map([["custom", null]]))).toThrow(
      expect.objectContaining({ code: "PKT_OPTION_UNKNOWN", message }),
    );
  });

  test("refuses an own property called __proto__, as JSON.parse makes it", () => {
    const options: object = JSON.parse('{"__proto__": {"x": 1}}');
    expect(() => assertKnownOptions("route", options, known, new Map())).toThrow(
      /Unknown route option "__proto__"/,
    );
  });
});
