/** The error of an option that cannot be used, for capabilities as for core. */

import { showValue } from "../config/settings.ts";
import { coreError, type PacketronError } from "./errors.ts";

/**
 * Makes the error for an option that cannot be used: PKT_OPTION_INVALID, with what arrived and what was expected. A value
 * is shown, an object is only named: it may hold a secret.
 *
 * @param option As its user writes it: `"maxFiles"`, `"multipart().maxFiles"` for that of a factory.
 * @param expected In words: `"true or false"`.
 * @example
 * host.serverOption("greeting", (value) => {
 *   if (typeof value !== "string") throw optionError("greeting", value, "a text");
 * });
 */
export function optionError(option: string, value: unknown, expected: string): PacketronError {
  return coreError("PKT_OPTION_INVALID", { option, received: showValue(value), expected });
}
