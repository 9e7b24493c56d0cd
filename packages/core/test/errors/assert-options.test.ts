import { describe, expect, test } from "vitest";
import { assertOptions } from "../../src/index.ts";

const EXAMPLE = "an object such as { maxFiles: 1 }";

/** The error that an options object causes, or undefined when it passes. */
function errorOf(value: unknown): unknown {
  try {
    assertOptions("multipart()", value, ["maxFiles", "maxFields"], EXAMPLE);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("assertOptions()", () => {
  test.each([{}, { maxFiles: 1 }, { maxFields: undefined, maxFiles: null }, { unknown: undefined }])(
    "accepts %o",
    (value) => {
      expect(errorOf(value)).toBeUndefined();
    },
  );

  test.each<[value: unknown, shown: string]>([
    [null, "null"],
    [undefined, "undefined"],
    [true, "true"],
    ["maxFiles", '"maxFiles"'],
    [[], "an array"],
    [assertOptions, "a function (assertOptions)"],
  ])("refuses %o, which is not an object of options", (value, shown) => {
    expect(errorOf(value)).toMatchObject({
      code: "PKT_OPTION_INVALID",
      message: `Option "multipart()": got ${shown}, expected ${EXAMPLE}.`,
    });
  });

  test.each([
    ["maxFile", 'Did you mean "maxFiles"?'],
    ["MAXFIELDS", 'Did you mean "maxFields"?'],
    ["directory", "Known: maxFiles, maxFields."],
    ["toString", "Known: maxFiles, maxFields."],
  ])("refuses the key %s: %s", (key, hint) => {
    expect(errorOf({ maxFiles: 1, [key]: 2 })).toMatchObject({
      code: "PKT_OPTION_UNKNOWN",
      message: `Unknown option "multipart().${key}". ${hint}`,
    });
  });
});
