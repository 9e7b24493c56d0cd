/**
 * Checks the public types. `tsc` is the test: a wrong type is an error, and so is a `@ts-expect-error` without an error
 * below it. This file never runs.
 */
import {
  type Handler,
  Packetron,
  type PacketronRequest,
  PacketronRequestMethod,
  type RouteOptions,
} from "@packetron/core";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { type ValidOf, validate } from "../src/index.ts";

/** Exact equality: `any` and optional or read-only properties make a difference. */
type Equal<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

/** Compiles only when a value has exactly the type. */
function expectExactly<Expected>() {
  return <Given>(
    _value: Given,
    ..._proof: Equal<Given, Expected> extends true ? [] : ["another type"]
  ): void => {};
}

const server = new Packetron({ capabilities: [validate()] });
const { POST } = PacketronRequestMethod;

const ofZod = z.object({
  items: z.array(z.object({ price: z.number() })).min(1),
  note: z.string().optional(),
});
const ofValibot = v.object({ items: v.array(v.object({ price: v.number() })), note: v.optional(v.string()) });
const ofArktype = type({ items: type({ price: "number" }).array(), "note?": "string" });

export function libraries(): void {
  server.handle({
    method: POST,
    routePath: "shops/:shop/orders",
    schema: {
      body: ofZod,
      params: z.object({ shop: z.coerce.number() }),
      query: z.object({ tag: z.array(z.string()) }),
    },
    handler({ valid, params }, response) {
      expectExactly<number | undefined>()(valid.body.items[0]?.price);
      expectExactly<string | undefined>()(valid.body.note);
      expectExactly<number>()(valid.params.shop);
      expectExactly<string[]>()(valid.query.tag);
      expectExactly<string>()(params.shop);
      // @ts-expect-error: a misspelt property
      response.sendJson(valid.body.itmes);
      // @ts-expect-error: no schema for headers
      response.sendJson(valid.headers);
      // @ts-expect-error: what is valid is not replaced
      valid.body = { items: [] };
    },
  });
  server.handle({
    method: POST,
    routePath: "valibot/:id",
    schema: { body: ofValibot, params: v.object({ id: v.pipe(v.string(), v.transform(Number)) }) },
    handler({ valid }) {
      expectExactly<number | undefined>()(valid.body.items[0]?.price);
      expectExactly<number>()(valid.params.id);
      // @ts-expect-error: a misspelt property
      valid.body.itmes;
    },
  });
  server.handle({
    method: POST,
    routePath: "arktype/:id",
    schema: { body: ofArktype, params: type({ id: "string.integer.parse" }) },
    handler({ valid }) {
      expectExactly<number | undefined>()(valid.body.items[0]?.price);
      expectExactly<number>()(valid.params.id);
      // @ts-expect-error: a misspelt property
      valid.body.itmes;
    },
  });
}

export function nullBodies(): void {
  server.handle({
    method: POST,
    routePath: "a",
    schema: { body: ofZod.nullable() },
    handler({ valid }, response) {
      // @ts-expect-error: a request without a body has null
      response.sendJson(valid.body.items);
      response.sendJson(valid.body?.items);
    },
  });
  server.handle({
    method: POST,
    routePath: "a",
    schema: { body: v.nullable(ofValibot) },
    // @ts-expect-error: the same in valibot
    handler: ({ valid }, response) => response.sendJson(valid.body.items),
  });
}

export function mistakes(): void {
  const handler = (): void => {};
  // @ts-expect-error: a misspelt part
  server.handle({ method: POST, routePath: "a", schema: { bdoy: ofZod }, handler });
  // @ts-expect-error: a misspelt part beside a right one
  server.handle({ method: POST, routePath: "a", schema: { body: ofZod, qurey: ofZod }, handler });
  // @ts-expect-error: not a schema
  server.handle({ method: POST, routePath: "a", schema: { body: { items: "array" } }, handler });
  // @ts-expect-error: not an object
  server.handle({ method: POST, routePath: "a", schema: true, handler });
  // @ts-expect-error: the path has no parameter of this name
  server.handle({ routePath: "users/:id", schema: { params: z.object({ name: z.string() }) }, handler });
  const two = z.object({ id: z.string(), no: z.string() });
  // @ts-expect-error: one of two parameters is not in the path
  server.handle({ routePath: "users/:id", schema: { params: two }, handler });
  const optional = v.object({ no: v.optional(v.string()) });
  // @ts-expect-error: an optional parameter that is not in the path
  server.handle({ routePath: "users/:id", schema: { params: optional }, handler });
  // @ts-expect-error: the path has no parameters
  server.handle({ routePath: "users", schema: { params: type({ id: "string" }) }, handler });
  // @ts-expect-error: a parameter is a text
  server.handle({ routePath: "users/:id", schema: { params: z.object({ id: z.number() }) }, handler });
  server.handle({
    routePath: "users/:id",
    schema: { params: z.object({ id: z.enum(["a", "b"]) }) },
    handler,
  });
  server.handle({ routePath: "users/:id/:more", schema: { params: z.object({ id: z.string() }) }, handler });
  server.handle({ routePath: "files/*", schema: { params: z.object({ "*": z.string() }) }, handler });
  const somePath: string = "a";
  server.handle({ routePath: somePath, schema: { params: z.object({ id: z.string() }) }, handler });
}

export function groups(): void {
  const shop = server.group({
    prefix: "shops/:shop",
    schema: { query: z.object({ page: z.coerce.number() }) },
  });
  shop.handle({ routePath: "a", handler: ({ valid }) => expectExactly<number>()(valid.query.page) });
  const inner = shop.group({ prefix: "b" });
  inner.handle({ routePath: "c", handler: ({ valid }) => expectExactly<number>()(valid.query.page) });
  inner.handle({
    method: POST,
    routePath: ":item",
    schema: { body: ofZod, params: z.object({ shop: z.string(), item: z.string() }) },
    handler({ valid }) {
      expectExactly<string>()(valid.params.item);
      // @ts-expect-error: the schema of the route is in the place of that of the group
      valid.query;
    },
  });
  inner.handle({ routePath: "d", schema: null, handler: ({ valid }) => expectExactly<undefined>()(valid) });
  inner.handle({ routePath: "e", schema: false, handler: ({ valid }) => expectExactly<undefined>()(valid) });
  const plain = inner.group({ prefix: "f", schema: null });
  plain.handle({ routePath: "g", handler: ({ valid }) => expectExactly<undefined>()(valid) });
  inner.handle({
    routePath: "h/:item",
    // @ts-expect-error: neither the prefix nor the path has this parameter
    schema: { params: z.object({ id: z.string() }) },
    handler: () => {},
  });
  // @ts-expect-error: a misspelt part
  server.group({ schema: { qurey: ofZod } });
}

/** Schemas and handlers that stand on their own. */
const orderSchema = { body: ofZod };
export const create: Handler<"orders/:id", typeof orderSchema> = ({ valid, params }, response) =>
  response.sendJson([params.id, valid.body.items.length]);
server.handle({ method: POST, routePath: "orders/:id", schema: orderSchema, handler: create });
export function priceOf(valid: ValidOf<typeof orderSchema>): number | undefined {
  return valid.body.items[0]?.price;
}
server.handle({
  method: POST,
  routePath: "orders",
  schema: orderSchema,
  handler: (request, response) => response.sendJson([priceOf(request.valid), pathOf(request)]),
});

/** A function for each request, and options that are not literals. */
function pathOf(request: PacketronRequest): string {
  expectExactly<unknown>()(request.valid);
  return request.path;
}
export function wrap(options: RouteOptions): void {
  server.handle(options);
  const { handle } = server;
  server.handle = (given) => handle.call(server, given);
}
server.handle({
  routePath: "none",
  handler({ valid }) {
    expectExactly<undefined>()(valid);
    // @ts-expect-error: a route without schemas
    valid.body;
  },
});
