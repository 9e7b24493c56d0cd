/** The same schemas in three libraries. */
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import type { RouteSchema } from "../src/index.ts";

/** The schemas of an order: `POST shops/:shop/orders?page=1&tag=a&tag=b` with the header `X-Request-Kind`. */
export const libraries: readonly (readonly [name: string, order: Required<Omit<RouteSchema, "response">>])[] =
  [
    [
      "zod",
      {
        params: z.object({ shop: z.coerce.number().int() }),
        query: z.object({ page: z.coerce.number().int().default(1), tag: z.array(z.string()).optional() }),
        headers: z.object({ "x-kind": z.enum(["test", "real"]).optional() }),
        body: z.object({
          items: z.array(z.object({ price: z.number().min(0), name: z.string().min(1).max(20) })),
          email: z.email(),
          note: z.string().optional(),
        }),
      },
    ],
    [
      "valibot",
      {
        params: v.object({ shop: v.pipe(v.string(), v.transform(Number), v.integer()) }),
        query: v.object({
          page: v.optional(v.pipe(v.string(), v.transform(Number), v.integer()), "1"),
          tag: v.optional(v.array(v.string())),
        }),
        headers: v.object({ "x-kind": v.optional(v.picklist(["test", "real"])) }),
        body: v.object({
          items: v.array(
            v.object({
              price: v.pipe(v.number(), v.minValue(0)),
              name: v.pipe(v.string(), v.minLength(1), v.maxLength(20)),
            }),
          ),
          email: v.pipe(v.string(), v.email()),
          note: v.optional(v.string()),
        }),
      },
    ],
    [
      "arktype",
      {
        params: type({ shop: "string.integer.parse" }),
        query: type({ page: "string.integer.parse = '1'", "tag?": "string[]" }).onUndeclaredKey("delete"),
        headers: type({ "x-kind?": "'test'|'real'" }).onUndeclaredKey("delete"),
        body: type({
          items: type({ price: "number>=0", name: "1<=string<=20" }).array(),
          email: "string.email",
          "note?": "string",
        }),
      },
    ],
  ];
