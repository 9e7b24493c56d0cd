/** Checks an option whose value is an object. */
import { coreError, optionError } from "./errors.ts";
import { nameHint } from "./hints.ts";

/**
 * Checks that the value of an option, or the argument of a factory function, is an object with known keys only. A key
 * whose value is `undefined` counts as absent.
 *
 * @param option The option as the user writes it: `"health"`, or `"multipart()"` for the argument of a factory.
 * @param known The keys that the caller reads.
 * @param expected What the option expects, in words: `"an object such as { checkTimeout: 800 }"`.
 * @throws PKT_OPTION_INVALID when the value is not an object. PKT_OPTION_UNKNOWN for an unknown key: the message suggests
 *   the nearest known key, or lists all of them.
 * @example
 * host.serverOption("greeting", (value) => {
 *   if (value === undefined) return;
 *   assertOptions("greeting", value, ["text", "language"], 'an object such as { text: "Hello" }');
 *   if (typeof value["text"] !== "string") throw optionError("greeting.text", value["text"], "a text");
 * });
 */
export function assertOptions(
  option: string,
  value: unknown,
  known: readonly string[],
  expected: string,
): asserts value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw optionError(option, value, expected);
  for (const [key, content] of Object.entries(value)) {
    if (content === undefined || known.includes(key)) continue;
    const hint = nameHint(key, known);
    throw coreError("PKT_OPTION_UNKNOWN", { kind: "option", option: `${option}.${key}`, hint });
  }
}
