/** The values that handlers return: which of them can be an answer, and how SEND_RETURN_VALUE sends them. */
import { hasAnswer } from "../message/answer.ts";
import type { PacketronResponse } from "../message/response.ts";
import { isThenable } from "../node/thenable.ts";
import type { Handler } from "./route-options.ts";

/**
 * Wraps the handler of a route with SEND_RETURN_VALUE: sends what the handler, or its promise, returns. Nothing is sent
 * when the handler has answered, or returns `undefined`, a function or an instance of a class, such as a timer.
 */
export function sendReturned(handler: Handler): Handler {
  return function sendReturnValue(request, response) {
    const value = handler(request, response);
    if (!isThenable(value)) return sendValue(value, response);
    return value.then((settled) => sendValue(settled, response));
  };
}

/**
 * Whether a returned object or string can only be meant as an answer: a string, a plain object, an array or bytes.
 * Arrow functions return numbers, `null`, booleans and instances of classes by accident: `() => setTimeout(answer, 10)`.
 */
export function isMeantAsAnswer(value: unknown): boolean {
  if (typeof value === "string") return true;
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || isBytes(value) || isPlain(value);
}

function sendValue(value: unknown, response: PacketronResponse): void {
  if (value !== undefined && isSendable(value) && !hasAnswer(response)) response.send(value);
}

function isSendable(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return isMeantAsAnswer(value);
  return typeof value !== "function" && typeof value !== "symbol";
}

function isBytes(value: object): boolean {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** Whether the prototype of an object is `null` or the `Object.prototype` of any realm: test runners use several. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
