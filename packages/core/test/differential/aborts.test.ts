/** Clients that disconnect after each byte of a request, with both ways of dispatch. */
import { beforeAll, describe, expect, test } from "vitest";
import * as kit from "../../../packetron/src/index.ts";
import { deferRequests } from "../_turns.ts";
import { answerTogether } from "../direct/_together.ts";
import { compareRow, directOf, standardOf, whenDeferred } from "./_compare.ts";
import { CHUNKED, GET, POST, type Row, type RowHandler, type RowRoute } from "./_row.ts";
import { shareSites } from "./_shared-sites.ts";

const texts: readonly (readonly [name: string, text: string])[] = [
  ["a GET", GET],
  ["a GET after another", GET + GET],
  ["a POST", POST],
  ["a chunked POST", CHUNKED],
];

const handlers: readonly (readonly [name: string, handler: RowHandler | RowRoute])[] = [
  ["answers at once", (_request, response) => response.sendJson({})],
  [
    "answers after the client has disconnected",
    (_request, response, stage) => stage.afterwards(() => response.sendJson({})),
  ],
  [
    "reads with getBody()",
    {
      handler: async (request, response, stage) => {
        stage.settle("body", request.getBody());
        await request.getBody();
        response.sendJson({});
      },
      options: ({ PacketronHandlerFlags }) => ({ flags: PacketronHandlerFlags.PLAIN_TEXT_BODY }),
    },
  ],
  [
    "streams the body",
    async (request, response) => {
      for await (const chunk of request) response.write(chunk);
      response.end();
    },
  ],
];

/** The distance between tested positions: every byte in the long runs, else some of them, others for each handler. */
const step = process.env["PACKETRON_TEST_FULL"] === undefined ? 7 : 1;

describe.each(texts)("a client that disconnects after each byte of %s", (_name, text) => leave(text));

describe.each(texts)("under load, a client that disconnects after each byte of %s", (_name, text) => {
  beforeAll(answerTogether);
  leave(text, 2);
});

describe.each(texts)(
  "of requests that wait five turns, a client that disconnects after each byte of %s",
  (_name, text) => {
    beforeAll(() => deferRequests(5));
    leave(text, 2, whenDeferred);
  },
);

function leave(text: string, turns = 1, compared: typeof whenDeferred = (side) => side): void {
  const open = shareSites(kit, {}, turns);
  test.each(handlers)(
    "has the same effects with both ways of dispatch: a handler that %s",
    { timeout: 120_000 },
    async (name, handler) => {
      for (let sent = 1 + (name.length % step); sent <= text.length; sent += step) {
        for (const how of ["fin", "reset"] as const) {
          const row: Row = {
            name: `${how} after ${sent} bytes`,
            routes: { "/": handler },
            watches: ["never", "before"],
            client: (client) => client.send(text.slice(0, sent)).leave(how),
          };
          const comparisons = await compareRow(row, open);
          expect({ at: row.name, seen: compared(directOf(comparisons)) }).toEqual({
            at: row.name,
            seen: compared(standardOf(comparisons)),
          });
        }
      }
    },
  );
}
