/**
 * The errors of this package in one table: the stable code, the message, and the status that the client gets. Wrong
 * options have core's codes PKT_OPTION_INVALID and PKT_OPTION_UNKNOWN.
 */
import type { ErrorFactory } from "@packetron/core";
import { defineErrors } from "@packetron/core/capability";

/** The error codes of this package, each with the facts in its message. */
interface OverloadErrors {
  PKT_OVERLOAD_SHED: undefined;
}

/** An error code of @packetron/overload. */
export type OverloadErrorCode = keyof OverloadErrors;

/** Creates an error of this package. */
export const overloadError: ErrorFactory<OverloadErrors> = defineErrors<OverloadErrors>({
  PKT_OVERLOAD_SHED: {
    status: 503,
    message:
      "The worker is overloaded, so this request was refused. Give the program more workers, or raise the limits of the option overload.",
  },
});

/** All error codes of @packetron/overload. */
export const overloadErrorCodes: readonly OverloadErrorCode[] = overloadError.codes;
