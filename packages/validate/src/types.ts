/** The types of the option `schema`, and those that it gives to `request.valid`. */
import type { ParamsOf, SchemasOfRoute } from "@packetron/core";
import type { InputOf, OutputOf, StandardSchema } from "./standard-schema.ts";

/** A part of a request that a schema can check. */
export type RequestPart = "params" | "query" | "headers" | "body";

/** The value of the route option `schema`: a Standard Schema for each part that is to be checked. */
export interface RouteSchema {
  /** Checks `request.params`: an object of texts. */
  readonly params?: StandardSchema<unknown>;
  /** Checks the query: an object of texts. A key that occurs more than once has an array of texts. */
  readonly query?: StandardSchema<unknown>;
  /** Checks `request.headers`: an object of texts by lower-case names. */
  readonly headers?: StandardSchema<unknown>;
  /**
   * Checks the parsed body; `null` when the request has none. Without a body flag, the route gets JSON_BODY. A body that
   * its parser refuses gets 400, one of another media type 415.
   */
  readonly body?: StandardSchema<unknown>;
  /**
   * Checks JSON answers with a status from 200 to 299, in development only: under `packetron dev`, and when NODE_ENV is
   * `development` or `test`. A mismatch is logged. The answer stays as it is.
   */
  readonly response?: StandardSchema<unknown>;
}

/**
 * The type of `request.valid` for the schemas of a route: what each schema gives. Parts without a schema are not members.
 * Where the route is not known, such as in a plugin, it is `unknown`.
 *
 * @example
 * type Valid = ValidOf<typeof orderSchema>; // { readonly body: { items: { price: number }[] } }
 */
export type ValidOf<Schema> = [SchemasOfRoute] extends [Schema]
  ? unknown
  : Schema extends object
    ? { readonly [Part in keyof Schema & RequestPart]: OutputOf<Schema[Part]> }
    : undefined;

/**
 * What the compiler refuses in the schemas of a route: an unknown part, a parameter that the path does not have, and a
 * parameter that no text can be. The text in the type is the message of the compiler.
 */
export type SchemaCheck<Path extends string, Schema> = Schema extends object
  ? {
      readonly [Part in keyof Schema]: Part extends keyof RouteSchema
        ? Part extends "params"
          ? ParamsCheck<Schema[Part], ParamsOf<Path>>
          : unknown
        : `"${Part & string}" is not a part of a schema: params, query, headers, body, response`;
    }
  : unknown;

type ParamsCheck<Schema, Params> = {
  [Name in WrongParams<InputOf<Schema>, Params>]: Name extends keyof Params
    ? `The parameter "${Name & string}" is a text: convert it, for example with z.coerce`
    : `The path has no parameter "${Name & string}"`;
} extends infer Wrong
  ? keyof Wrong extends never
    ? unknown
    : Wrong[keyof Wrong]
  : never;

/** The names of the parameters of a schema that the path does not have, or that take no text. */
type WrongParams<Input, Params> = {
  [Name in keyof Input]-?: Name extends keyof Params
    ? [Input[Name] & string] extends [never]
      ? Name
      : never
    : Name;
}[keyof Input];
