/** Reads the option `schema`. */
import type { PacketronRoute } from "@packetron/core";
import { assertOptions, methodNames, optionError, PacketronHandlerFlags } from "@packetron/core/capability";
import type { StandardSchema } from "./standard-schema.ts";
import type { RouteSchema } from "./types.ts";

/** The schemas of a route, all checked. */
export type CheckedSchemas = { readonly [Part in keyof RouteSchema]: StandardSchema<unknown> };

const PARTS = ["params", "query", "headers", "body", "response"] as const;
const EXPECTED = "an object such as { body: z.object({ name: z.string() }) }, or false";

/**
 * Checks the option of a route.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
 */
export function readSchemas(option: unknown, route: PacketronRoute): CheckedSchemas {
  assertOptions("schema", option, PARTS, EXPECTED);
  const schemas: { -readonly [Part in keyof RouteSchema]: StandardSchema<unknown> } = {};
  for (const part of PARTS) {
    const schema = option[part];
    if (schema === undefined) continue;
    if (!isStandardSchema(schema))
      throw optionError(
        `schema.${part}`,
        schema,
        "a Standard Schema, such as one of zod 4, valibot 1 or arktype 2",
      );
    schemas[part] = schema;
  }
  if (Object.keys(schemas).length === 0)
    throw optionError("schema", option, `at least one of ${PARTS.join(", ")}`);
  if (schemas.params !== undefined && !/\/(?::|\*$)/.test(route.path))
    throw optionError(
      "schema.params",
      "a schema",
      `a path with parameters: ${route} has none, such as ":id"`,
    );
  if (schemas.body !== undefined) assertReadsBody(route);
  return schemas;
}

/** Whether a value of the option has a schema for bodies. The value may be of any kind. */
export function hasBodySchema(option: unknown): boolean {
  return typeof option === "object" && option !== null && "body" in option && option.body !== undefined;
}

/** Refuses a route for which no request would be valid: its bodies are not read, or its clients send none. */
function assertReadsBody(route: PacketronRoute): void {
  if ((route.flags & PacketronHandlerFlags.DONT_USE_BODY) !== 0)
    throw optionError("schema.body", "a schema", "a route without DONT_USE_BODY, which leaves bodies unread");
  const method = methodNames[route.method];
  if (method === "GET" || method === "HEAD")
    throw optionError(
      "schema.body",
      "a schema",
      `a method with a body, such as PacketronRequestMethod.POST: ${route} gets none (RFC 9110 section 9.3.1)`,
    );
}

/** arktype's schemas are functions. */
function isStandardSchema(value: unknown): value is StandardSchema<unknown> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const members: unknown = Reflect.get(value, "~standard");
  return (
    typeof members === "object" &&
    members !== null &&
    "validate" in members &&
    typeof members.validate === "function"
  );
}
