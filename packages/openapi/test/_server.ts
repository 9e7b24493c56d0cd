/** A server of the tests with routes of many kinds, and its document. */
import { bodyJson } from "@packetron/body-json";
import {
  type Packetron,
  PacketronHandlerFlags,
  PacketronRequestMethod,
  type ServerOptions,
} from "@packetron/core";
import { validate } from "@packetron/validate";
import { toJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { makeServer as make } from "../../core/test/_server.ts";
import { type OpenapiOptions, openapi, type ToJsonSchema } from "../src/index.ts";

const { POST, PUT, DELETE } = PacketronRequestMethod;

export const info = { title: "Shops <&>", version: "1.2.3" };

/** Makes a server with `openapi()` that stops at the end of the test. `warnings` gets its log. */
export function makeServer(
  option?: OpenapiOptions,
  options: ServerOptions = {},
  warnings: unknown[] = [],
): Packetron {
  const silent = () => undefined;
  const { server } = make({
    logger: {
      debug: silent,
      info: silent,
      warn: (fields: unknown) => void warnings.push(fields),
      error: silent,
    },
    capabilities: [bodyJson(), validate(), openapi()],
    ...(option === undefined ? {} : { openapi: option }),
    ...options,
  });
  return server;
}

/** A tree, whose schema refers to itself. */
interface Tree {
  name: string;
  children: Tree[];
}
const tree: z.ZodType<Tree> = z.object({
  name: z.string(),
  get children() {
    return z.array(tree);
  },
});

/** JSON Schema of valibot, which has it in a package of its own. */
export const ofValibot: ToJsonSchema = (schema) => {
  if (!v.isOfKind("schema", schema as v.GenericSchema)) throw new Error("not of valibot");
  return toJsonSchema(schema as v.GenericSchema);
};

/** Adds routes of each kind. */
export function addRoutes(server: Packetron): void {
  const handler = (): void => {};
  server.handle({ routePath: "", docs: { summary: "The start", tags: ["pages"] }, handler });
  server.handle({
    method: POST,
    routePath: "shops/:shop/orders",
    schema: {
      params: z.object({ shop: z.coerce.number().int() }),
      query: z.object({ page: z.coerce.number().default(1), kind: z.string() }),
      headers: z.object({ "x-kind": z.enum(["a", "b"]).optional(), accept: z.string() }),
      body: z.object({ items: z.array(z.object({ price: z.number() })) }),
      response: z.object({ id: z.number() }),
    },
    docs: {
      operationId: "createOrder",
      description: "Orders tea.",
      deprecated: true,
      responses: { 201: { description: "Created" }, 404: { description: "There is no such shop." } },
    },
    handler,
  });
  server.handle({ routePath: "shops/:id/orders", handler });
  server.handle({ method: PUT, routePath: "trees", schema: { body: tree.nullable() }, handler });
  server.handle({
    method: PUT,
    routePath: "ark",
    schema: { body: type({ a: "string", "b?": "number" }) },
    handler,
  });
  server.handle({ method: PUT, routePath: "vali", schema: { body: v.object({ a: v.string() }) }, handler });
  server.handle({ method: DELETE, routePath: "files/*", handler });
  server.handle({ method: PUT, routePath: "dates", schema: { body: z.object({ at: z.date() }) }, handler });
  server.handle({ routePath: "a:b/:c", flags: PacketronHandlerFlags.EXACT_PATH, handler });
  server.handle({ routePath: "größe/{x}", flags: PacketronHandlerFlags.EXACT_PATH, handler });
  server.handle({ routePath: "hidden", docs: { hidden: true }, handler });
  server.handle({ routePath: "none", docs: false, handler });
}
