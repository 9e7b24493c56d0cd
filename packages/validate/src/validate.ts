/** The capability `validate()`: reads the option `schema` of routes. */
import type { Capability } from "@packetron/core";
import { GateOrder, PacketronHandlerFlags } from "@packetron/core/capability";
import { createGate } from "./gate.ts";
import { hasBodySchema, readSchemas } from "./options.ts";
import { createResponseCheck, isDevelopment } from "./response-check.ts";
import type { RouteSchema, SchemaCheck, ValidOf } from "./types.ts";

declare module "@packetron/core" {
  interface RouteSchemas extends RouteSchema {}
  interface TypedRouteOptions<Path extends string, Schema> {
    /**
     * Standard Schemas (zod 4, valibot 1, arktype 2 and others) for the parts of a request: `params`, `query`, `headers`,
     * `body`. A request that does not fit gets 400 before the handler runs. The handler finds what the schemas give, with
     * their types, in `request.valid`. `false` turns the schema of a group off, and so does `null`.
     * @default none
     */
    schema?: Schema & SchemaCheck<Path, Schema>;
  }
  interface SchemaResults<Schema> {
    valid: ValidOf<Schema>;
  }
  interface PacketronRequest<Params, Result> {
    /**
     * What the schemas of the route give, by part; set before the handler runs, after plugins. `undefined` on a route
     * without the option `schema`.
     *
     * @example
     * request.valid.body.items[0].price;
     */
    valid: Result;
  }
}

/**
 * Adds the route option `schema`. The schemas check params, query and headers, then the body, after limits and plugins and
 * before the handler. A request that does not fit is answered with 400 and a problem document, which lists `errors` with
 * `in`, `path` and `message`, and never has the value that arrived; `onError()` gets PKT_VALIDATION_FAILED.
 *
 * A schema for the body gives the route the flag JSON_BODY, unless it has another flag for bodies. Synchronous schemas
 * are checked without a promise. `handle()` throws PKT_OPTION_INVALID and PKT_OPTION_UNKNOWN.
 *
 * @example
 * const server = new Packetron({ capabilities: [bodyJson(), validate()] });
 * server.handle({
 *   method: PacketronRequestMethod.POST,
 *   routePath: "orders",
 *   schema: { body: z.object({ item: z.string(), count: z.number().int() }) },
 *   handler: ({ valid }, response) => response.sendJson({ total: valid.body.count * 5 }),
 * });
 */
export function validate(): Capability {
  return {
    name: "@packetron/validate",
    install(host) {
      const isDeveloping = isDevelopment();
      host.routeOption(
        "schema",
        (value, route) => {
          if (value === null || value === false) return;
          const schemas = readSchemas(value, route);
          const { response, ...parts } = schemas;
          if (Object.keys(parts).length > 0) host.gate(GateOrder.LATE, createGate(parts), route);
          if (response !== undefined && isDeveloping)
            host.answering(createResponseCheck(host, response, route), route);
        },
        (value, { readsBodies }) =>
          hasBodySchema(value) && !readsBodies ? PacketronHandlerFlags.JSON_BODY : 0,
      );
    },
  };
}
