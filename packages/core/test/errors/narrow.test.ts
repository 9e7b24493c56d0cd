import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { errorCode, errorReason, isError, isObject, isRecord } from "../../src/errors/narrow.ts";

test.each<[what: string, value: unknown, code: string | undefined]>([
  ["an error of Node", Object.assign(new Error("x"), { code: "ENOENT" }), "ENOENT"],
  ["an error with a number", Object.assign(new Error("x"), { code: 20 }), "20"],
  [
    "an error of another realm",
    runInNewContext("Object.assign(new Error('x'), { code: 'ENOENT' })"),
    "ENOENT",
  ],
  ["an error without one", new Error("ENOENT"), undefined],
  ["an error whose code is an object", Object.assign(new Error("x"), { code: {} }), undefined],
  ["an object with a code", { code: "ENOENT" }, undefined],
  ["a text", "ENOENT", undefined],
  ["undefined", undefined, undefined],
])("errorCode() of %s", (_what, value, code) => {
  expect(errorCode(value)).toBe(code);
});

test.each<[what: string, value: unknown, reason: string]>([
  ["an error", new TypeError("no such thing"), "no such thing"],
  ["an error of another realm", runInNewContext("new TypeError('no such thing')"), "no such thing"],
  ["a text", "no such thing", "no such thing"],
  ["undefined", undefined, "undefined"],
])("errorReason() of %s", (_what, value, reason) => {
  expect(errorReason(value)).toBe(reason);
});

test.each<[what: string, value: unknown, object: boolean, record: boolean]>([
  ["an object", {}, true, true],
  ["an object without a prototype", Object.create(null), true, true],
  ["an array", [], true, false],
  ["null", null, false, false],
  ["a function", () => 0, false, false],
  ["a text", "a", false, false],
])("isObject() and isRecord() of %s", (_what, value, object, record) => {
  expect([isObject(value), isRecord(value)]).toEqual([object, record]);
});

test.each<[what: string, value: unknown, is: boolean]>([
  ["an error", new TypeError("x"), true],
  ["an error of another realm", runInNewContext("new TypeError('x')"), true],
  ["an object that looks like one", { name: "Error", message: "x", stack: "" }, false],
  ["null", null, false],
  ["a text", "Error", false],
])("isError() of %s", (_what, value, is) => {
  expect(isError(value)).toBe(is);
});
