/** Checks of options that are objects themselves. */
import { coreError, optionError } from "./errors.ts";
import { nameHint } from "./hints.ts";

/**
 * Checks an option that is an object, or the argument of a factory: all of its keys must be known. A key whose value is
 * `undefined` counts as absent.
 *
 * @param option As its user writes it: `"health"`, `"multipart()"`.
 * @param known The keys that are read.
 * @param expected In words: `"an object such as { checkTimeout: 800 }"`.
 * @throws PKT_OPTION_INVALID for what is not an object; PKT_OPTION_UNKNOWN with the name that was probably meant, or all names.
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
