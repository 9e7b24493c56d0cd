/** The questions of `@clack/prompts`. This module is loaded only when there is a terminal to ask. */
import { type CANCEL_SYMBOL, isCancel, multiselect, select, text } from "@clack/prompts";
import type { Choice, Prompts } from "./ask.ts";

/** Asks on the terminal of this process. */
export const clackPrompts: Prompts = {
  text: async ({ message, initial, validate }) =>
    unlessCancelled(
      await text({
        message,
        placeholder: initial,
        defaultValue: initial,
        // clack checks the answer before it puts the default in the place of an empty one.
        validate: (answer = "") => validate(answer === "" ? initial : answer),
      }),
    ),
  select: async (message, choices, initial) =>
    unlessCancelled(await select({ message, options: choices.map(toOption), initialValue: initial })),
  multiselect: async (message, choices) =>
    unlessCancelled(await multiselect({ message, options: choices.map(toOption), required: false })),
};

function toOption({ value, label, hint }: Choice): { value: string; label: string; hint?: string } {
  return hint === undefined ? { value, label } : { value, label, hint };
}

function unlessCancelled<Answer extends string | string[]>(
  answer: Answer | typeof CANCEL_SYMBOL | undefined,
): Answer | undefined {
  return isCancel(answer) ? undefined : answer;
}
