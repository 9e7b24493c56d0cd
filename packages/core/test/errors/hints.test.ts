import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coreGroupOptions, coreRouteOptions, coreServerOptions } from "../../src/config/settings.ts";
import { foreignOptions } from "../../src/errors/foreign-words.ts";
import { nearestName, optionHint, packageHint } from "../../src/errors/hints.ts";
import { packageOptions } from "../../src/errors/packages.ts";

describe("optionHint", () => {
  test("names the package of an option that is known but not installed", () => {
    expect(optionHint("maxRequestsPerSecond", coreServerOptions)).toBe(
      " It needs @packetron/ratelimit: npm install @packetron/ratelimit, then add rateLimit() to capabilities.",
    );
  });

  describe("names the option that was probably meant", () => {
    test.each<[option: string, nearest: string, known: readonly string[]]>([
      ["Port", "port", coreServerOptions],
      ["prot", "port", coreServerOptions],
      ["ports", "port", coreServerOptions],
      ["hostt", "host", coreServerOptions],
      ["flag", "flags", coreServerOptions],
      ["maxthreads", "maxThreads", coreServerOptions],
      ["maxThread", "maxThreads", coreServerOptions],
      ["capabilites", "capabilities", coreServerOptions],
      ["keepaliveTimeout", "keepAliveTimeout", coreServerOptions],
      ["trustproxy", "trustProxy", coreServerOptions],
      ["pluggins", "plugins", coreServerOptions],
      ["routPath", "routePath", coreRouteOptions],
      ["metod", "method", coreRouteOptions],
      ["Handler", "handler", coreRouteOptions],
      ["handlre", "handler", coreRouteOptions],
      ["maxRequestSizeInByte", "maxRequestSizeInBytes", coreRouteOptions],
      ["maxRequestPerSecond", "maxRequestsPerSecond", coreRouteOptions],
      ["durability", "globalDataDurability", coreServerOptions],
      ["namespace", "globalDataNamespace", coreServerOptions],
      ["bodyLimit", "defaultBodyLimit", coreServerOptions],
    ])("%s means %s", (option, nearest, known) => {
      expect(optionHint(option, known)).toBe(` Did you mean "${nearest}"?`);
    });
  });

  describe("names Packetron's option for a word of another framework", () => {
    test.each<[of: "server" | "route", option: string, hint: string]>([
      ["server", "workers", ' Did you mean "maxThreads"?'],
      ["server", "bodyLimit", ' Did you mean "defaultBodyLimit"?'],
      ["server", "ssl", ' Did you mean "tls"?'],
      ["server", "hostname", ' Did you mean "host"?'],
      [
        "server",
        "middleware",
        ' Did you mean "plugins"? It needs @packetron/plugins: npm install @packetron/plugins, then add plugins() to capabilities.',
      ],
      ["route", "path", ' Did you mean "routePath"?'],
      ["route", "url", ' Did you mean "routePath"?'],
      ["route", "bodyLimit", ' Did you mean "maxRequestSizeInBytes"?'],
      ["route", "callback", ' Did you mean "handler"?'],
      [
        "route",
        "constructor",
        " Known: method, routePath, handler, flags, maxRequestSizeInBytes, handlerTimeout.",
      ],
    ])("of a %s: %s", (of, option, hint) => {
      const known = of === "server" ? coreServerOptions : coreRouteOptions;
      expect(optionHint(option, known, foreignOptions[of])).toBe(hint);
    });

    test.each([
      ["server", "schema", " It is an option of routes: write server.handle({ schema: … })."],
      ["route", "openapi", " It is an option of the server: write new Packetron({ openapi: … })."],
      ["group", "openapi", " It is an option of the server: write new Packetron({ openapi: … })."],
      ["group", "schema", packageHint("@packetron/validate")],
      ["server", "compress", packageHint("@packetron/compress")],
      ["route", "toString", " Known: method."],
    ] as const)("that is given to a %s: %s", (of, option, hint) => {
      expect(optionHint(option, ["method"], {}, of)).toBe(hint);
    });

    test("and each of those options exists", () => {
      const served = ["directory", "filePath", "pathPrefix"];
      const core = [...coreServerOptions, ...coreRouteOptions, ...coreGroupOptions];
      const all = [...core, ...served, ...packageOptions];
      for (const words of Object.values(foreignOptions))
        for (const option of Object.values(words)) expect(all).toContain(option);
    });
  });

  test.each(["zzz", "", "p", "path", "__proto__", "constructor", "toString", "x".repeat(10_000)])(
    "lists the known names when none is near to %.20j",
    (option) => {
      expect(optionHint(option, ["port", "host"])).toBe(" Known: port, host.");
    },
  );

  test("suggests no name that is too short or ambiguous", () => {
    expect(nearestName("run", ["dryRun"])).toBeUndefined();
    expect(nearestName("timeout", ["keepAliveTimeout", "headersTimeout"])).toBeUndefined();
  });

  test("suggests a name when one letter is missing, doubled or swapped", () => {
    const name = fc.constantFrom(...coreServerOptions, ...coreRouteOptions);
    fc.assert(
      fc.property(name, fc.nat(), fc.constantFrom("drop", "double", "swap"), (option, where, how) => {
        const at = where % (option.length - 1);
        const tail = option.slice(at + 1);
        const letter = option.charAt(at);
        const wrong = {
          drop: option.slice(0, at) + tail,
          double: option.slice(0, at) + letter + letter + tail,
          swap: option.slice(0, at) + tail.charAt(0) + letter + tail.slice(1),
        }[how];
        fc.pre(wrong !== option);
        expect(optionHint(wrong, [...coreServerOptions, ...coreRouteOptions])).toContain(`"${option}"`);
      }),
    );
  });
});
