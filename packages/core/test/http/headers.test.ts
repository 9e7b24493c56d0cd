import { expect, test } from "vitest";
import { isHeaderName } from "../../src/http/headers.ts";

test.each([
  ["host", true],
  ["Host", true],
  ["HOST", true],
  ["hOsT", true],
  ["hos", false],
  ["hosts", false],
  ["Date", false],
  ["hast", false],
  ["(ost", false], // one bit beside an h
  ["", false],
])("the name %s is host: %s", (name, expected) => {
  expect(isHeaderName(name, "host")).toBe(expected);
});
