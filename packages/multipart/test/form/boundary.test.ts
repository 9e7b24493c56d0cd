import { expect, test } from "vitest";
import { assertBoundary } from "../../src/form/boundary.ts";

test.each([
  "multipart/form-data; boundary=a",
  'multipart/form-data; boundary="a b"',
  "multipart/form-data; charset=utf-8; BOUNDARY=----WebKitFormBoundaryABC",
  `multipart/form-data; boundary=${"b".repeat(70)}`,
  `multipart/form-data; boundary="${"b".repeat(70)}"`,
])("%s has a boundary", (contentType) => {
  expect(() => assertBoundary(contentType)).not.toThrow();
});

test.each([
  ["multipart/form-data", "has no boundary"],
  ["multipart/form-data; xboundary=a", "has no boundary"],
  ["multipart/form-data; boundary=", "is empty"],
  ['multipart/form-data; boundary=""', "is empty"],
  [`multipart/form-data; boundary=${"b".repeat(71)}`, "has 71 characters"],
  ["multipart/form-data; boundary=a; boundary=b", "more than one"],
  ["multipart/form-data; boundary=a; Boundary=a", "more than one"],
])("%s is refused: it %s", (contentType, problem) => {
  expect(() => assertBoundary(contentType)).toThrow(problem);
});
