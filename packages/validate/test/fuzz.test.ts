import { type Handler, PacketronRequestMethod } from "@packetron/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { libraries } from "./_libraries.ts";
import { makeServer } from "./_server.ts";

const COUNT = process.env["PACKETRON_TEST_FULL"] === undefined ? 400 : 10_000;
/** Part of each text that is sent: no schema and no message has it. */
const MARK = "zq7x";
const SECRET = /zq7x|73\d{7}1/;
const sendOk: Handler = (_request, response) => response.sendOk();

const text = fc.string({ unit: "grapheme", maxLength: 30 }).map((rest) => MARK + rest);
const number = fc.integer({ min: 730_000_000, max: 739_999_999 }).map((digits) => digits * 10 + 1);
const scalar = fc.oneof(
  text,
  number,
  number.map((value) => -value),
  fc.boolean(),
  fc.constant(null),
);
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalar, tie("list"), tie("object")),
  list: fc.array(tie("value"), { maxLength: 4 }),
  object: fc.dictionary(
    fc.constantFrom("items", "price", "name", "email", "note", "__proto__"),
    tie("value"),
    {
      maxKeys: 4,
    },
  ),
})).value;
const body = fc.oneof(
  value,
  // Nearly valid: one member is of another type.
  fc.record({
    items: fc.array(fc.record({ price: value, name: value }), { maxLength: 3 }),
    email: value,
    note: value,
  }),
);
/** What may be in a query, a path and a header: a mark makes it wrong for each schema. */
const wrongText = text.map((rest) => encodeURIComponent(rest.replaceAll(/[^\x21-\x7e]|\//g, "_")));
const input = fc.record({
  part: fc.constantFrom("params", "query", "headers", "body", "body", "body"),
  wrong: wrongText,
  body,
});

test.each(libraries)(
  "of random invalid inputs each is a 400 whose answer has no received value: %s",
  { timeout: 300_000 },
  async (_name, schema) => {
    const server = makeServer();
    server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "shops/:shop/orders",
      schema,
      handler: sendOk,
    });
    const runs = Math.ceil(COUNT / libraries.length);
    await fc.assert(
      fc.asyncProperty(input, async ({ part, wrong, body: sent }) => {
        const answer = await server.inject({
          method: "POST",
          path: `/shops/${part === "params" ? wrong : "7"}/orders?page=${part === "query" ? wrong : "1"}`,
          headers: {
            "Content-Type": "application/json",
            ...(part === "headers" ? { "X-Kind": wrong } : {}),
          },
          body: JSON.stringify(sent),
        });
        expect(answer.status).toBe(400);
        expect(answer.text()).not.toMatch(SECRET);
      }),
      { numRuns: runs },
    );
  },
);
