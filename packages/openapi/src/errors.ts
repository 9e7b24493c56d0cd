/** The errors of the package. */
import type { ErrorFactory } from "@packetron/core";
import { defineErrors } from "@packetron/core/capability";

interface OpenapiErrors {
  PKT_OPENAPI_OFF: undefined;
  PKT_OPENAPI_UI: { readonly package: string };
}

/** A code of an error of this package. */
export type OpenapiErrorCode = keyof OpenapiErrors;

/** Makes an error of this package. */
export const openapiError: ErrorFactory<OpenapiErrors> = defineErrors<OpenapiErrors>({
  PKT_OPENAPI_OFF: {
    message:
      "server.openapi() was called on a server without the option openapi. " +
      'Give it: new Packetron({ openapi: { info: { title: "Orders", version: "1.0.0" } } }).',
  },
  PKT_OPENAPI_UI: {
    message: (f) =>
      `The page of the option openapi needs ${f.package}, which is not installed: npm install ${f.package}, or choose another ui.`,
  },
});

/** The codes of the errors of this package. */
export const openapiErrorCodes: readonly OpenapiErrorCode[] = openapiError.codes;
