import { resolve } from "node:path";
import { Packetron, PacketronHandlerFlags } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { multipart } from "../src/index.ts";
import { defaultSettings, resolveSettings } from "../src/options.ts";

const limits = Object.entries(defaultSettings).filter(([, value]) => typeof value === "number");

describe("multipartOptions", () => {
  test("each have a finite default", () => {
    expect(resolveSettings({}, "it")).toEqual({
      maxFileSize: 104_857_600,
      maxFiles: 20,
      maxFields: 1_000,
      maxFieldSize: 1_048_576,
      maxFieldNameSize: 100,
      maxParts: 1_000,
      maxHeaderPairs: 2_000,
      fileStorageDirectory: null,
      onFile: null,
    });
  });

  test.each(limits)("%s takes integers from 0 on, and Infinity", (key) => {
    for (const value of [0, 1, 5 * 1024 ** 3, Number.POSITIVE_INFINITY])
      expect(resolveSettings({ [key]: value }, "it")).toMatchObject({ [key]: value });
    for (const value of [-1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY, "1", null, true, {}]) {
      expect(() => resolveSettings({ [key]: value }, "it")).toThrow(
        expect.objectContaining({
          code: "PKT_OPTION_INVALID",
          message: expect.stringContaining(`"it.${key}"`),
        }),
      );
    }
  });

  test.each([
    ["fileStorageDirectory", ["", "a\0b", 1, null, {}]],
    ["onFile", ["hook", null, {}, 1]],
  ] as const)("%s refuses values of another kind", (key, wrong) => {
    for (const value of wrong)
      expect(() => resolveSettings({ [key]: value }, "it")).toThrow(`Option "it.${key}": got `);
  });

  test("a relative directory starts at the working directory", () => {
    expect(resolveSettings({ fileStorageDirectory: "up" }, "it").fileStorageDirectory).toBe(resolve("up"));
  });

  test("an undefined option counts as absent, and a given option overrides the default", () => {
    const defaults = resolveSettings({ maxFiles: 3, maxFields: 4 }, "it");
    expect(resolveSettings({ maxFiles: undefined, maxFields: 5 }, "it", defaults)).toMatchObject({
      maxFiles: 3,
      maxFields: 5,
    });
  });

  test.each([
    ["maxFilesize", 'Did you mean "maxFileSize"?'],
    ["maxfile", 'Did you mean "maxFiles"?'],
    ["fileStorageDir", 'Did you mean "fileStorageDirectory"?'],
    ["onfile", 'Did you mean "onFile"?'],
    ["limits", "Known: maxFileSize, "],
    ["__proto__x", "Known: maxFileSize, "],
  ])("the unknown option %s is refused: %s", (key, hint) => {
    expect(() => resolveSettings({ [key]: 1 }, "it")).toThrow(hint);
  });

  test.each([null, 1, "options", undefined])("%j in place of options is refused", (options) => {
    expect(() => resolveSettings(options, "it")).toThrow('Option "it": got ');
  });

  test("are checked by the factory, and by handle()", () => {
    expect(() => multipart({ maxFiles: -1 })).toThrow('Option "multipart().maxFiles": got -1');
    const server = new Packetron({ maxThreads: 1, capabilities: [multipart()] });
    const route = { routePath: "/", flags: PacketronHandlerFlags.FORM_DATA, handler: () => {} };
    expect(() => server.handle({ ...route, multipartOptions: { maxParts: -1 } })).toThrow(
      'Option "multipartOptions.maxParts": got -1, expected an integer from 0 on, or Infinity for no limit.',
    );
    // @ts-expect-error: no such option
    expect(() => server.handle({ ...route, multipartOptions: { maxFile: 1 } })).toThrow(
      'Did you mean "maxFiles"?',
    );
  });
});
