/** Random sequences of requests in random pieces, sent to both ways of dispatch. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as kit from "../../../packetron/src/index.ts";
import { deferRequests } from "../_turns.ts";
import { answerTogether } from "../direct/_together.ts";
import { compareRow, directOf, standardOf, whenDeferred } from "./_compare.ts";
import { chunkedOf, type Row, requestOf, watches } from "./_row.ts";
import { tables } from "./_rows/index.ts";
import { shareSites } from "./_shared-sites.ts";

const SEED = 20_261;
const runs = process.env["PACKETRON_TEST_FULL"] === undefined ? 150 : 5_000;

const pipelines = tables.flatMap(([, rows]) => rows).find(({ name }) => name === "a pipeline of slow, quick");
const paths = [
  "/quick",
  "/tick",
  "/promised",
  "/streamed",
  "/listens",
  "/patched",
  "/closes",
  "/fails",
  "/unread",
  "/nowhere",
];

const routes: Row["routes"] = {
  ...pipelines?.routes,
  "/listens": (_request, response, stage) => {
    response.once("finish", () => stage.note("finish"));
    response.sendJson({ listens: true });
  },
  "/patched": (_request, response) => {
    const end = response.end;
    Reflect.set(response, "end", (...parameters: unknown[]) => {
      response.setHeader("X-Patched", "1");
      return Reflect.apply(end, response, parameters);
    });
    response.setHeader("X-A", "1");
    response.sendTextPlain("patched");
  },
  "/closes": (_request, response) => void response.setHeader("Connection", "close").sendTextPlain("closes"),
  "/fails": () => {
    throw new Error("mine");
  },
  "/unread": (request, response) => response.send({ has: request.hasBody(), cookies: request.cookies }),
};

const path = fc.constantFrom(...paths);
const header = fc.constantFrom(
  "Cookie: a=1; b=2",
  "X-Y: z",
  "Connection: keep-alive",
  "Accept: */*",
  "X-Long: ".padEnd(300, "v"),
);
const headers = fc.array(header, { maxLength: 3 }).map((lines) => [...new Set(lines)]);
const body = fc.constantFrom("", "x", "hello", "GET / HTTP/9", "\0\r\n\r\n", "y".repeat(3_000));

const plain = fc
  .tuple(fc.constantFrom("GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "DELETE"), path, headers)
  .map(([method, target, lines]) => requestOf(`${method} ${target}`, lines));
const withLength = fc
  .tuple(fc.constantFrom("POST", "GET", "PUT"), fc.oneof(path, fc.constant("/body")), headers, body)
  .map(([method, target, lines, text]) => requestOf(`${method} ${target}`, lines, text));
const withChunks = fc
  .tuple(
    fc.oneof(path, fc.constant("/body")),
    headers,
    fc.array(
      body.filter((text) => text !== ""),
      { maxLength: 4 },
    ),
  )
  .map(([target, lines, chunks]) => chunkedOf(`POST ${target}`, chunks, lines));

/** Bytes that end a connection, and malformed ones. */
const odd = fc.constantFrom(
  "GET /quick HTTP/1.0\r\n\r\n",
  requestOf("GET /quick", ["Connection: close"]),
  requestOf("HEAD /quick", ["Connection: close"]),
  requestOf("POST /body", ["Expect: 100-continue"], "hello"),
  requestOf("POST /quick", ["Expect: nonsense"], "hello"),
  requestOf("GET /quick", ["Host: y"]),
  "GET /quick HTTP/1.1\r\n\r\n",
  "POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  "POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  "nonsense\r\n\r\n",
  "\r\n",
  requestOf("PROPFIND /quick"),
  "GET /quick HTTP/1.1\r\nHo",
  "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhel",
);

const requests = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: plain },
    { weight: 3, arbitrary: withLength },
    { weight: 2, arbitrary: withChunks },
    { weight: 1, arbitrary: odd },
  ),
  { minLength: 1, maxLength: 8 },
);

interface Conversation {
  readonly pieces: readonly string[];
  /** How the client ends it. */
  readonly end: "fin" | "leave" | "reset";
  readonly watch: (typeof watches)[number];
}

const conversation: fc.Arbitrary<Conversation> = fc
  .record({
    text: requests.map((texts) => texts.join("")),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
    end: fc.constantFrom<Conversation["end"]>("fin", "fin", "fin", "leave", "reset"),
    watch: fc.constantFrom(...watches),
  })
  .map(({ text, cuts, ...rest }) => ({ ...rest, pieces: cutAt(text, cuts) }));

const asItIs: typeof whenDeferred = (side) => side;

// A busy machine is slow to send the rest of a body.
const [flushed, flushedLater] = [
  shareSites(kit, { lingerTimeout: 3_000 }),
  shareSites(kit, { lingerTimeout: 3_000 }, 2),
];

describe("random requests in random pieces", () => {
  test.each([
    ["", flushed, () => {}, asItIs],
    [", under load", flushedLater, answerTogether, asItIs],
    [", deferred", flushedLater, () => deferRequests(), whenDeferred],
  ])(
    "get the same answers and cause the same events with both ways of dispatch%s",
    { timeout: 600_000 },
    async (_load, open, setUp, compared) => {
      await setUp();
      await fc.assert(
        fc.asyncProperty(conversation, async ({ pieces, end, watch }) => {
          const row: Row = {
            name: "random",
            routes,
            watches: [watch],
            client: async (client) => {
              await client.sendIn(pieces);
              if (end === "fin") await client.fin().closed();
              else await client.leave(end === "reset" ? "reset" : "fin");
            },
          };
          const comparisons = await compareRow(row, open);
          expect(compared(directOf(comparisons))).toEqual(compared(standardOf(comparisons)));
        }),
        { seed: SEED, numRuns: runs },
      );
    },
  );
});

/** Cuts a text at relative places. */
function cutAt(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set([0, ...cuts.map((cut) => Math.floor(cut * text.length)), text.length])].toSorted(
    (one, other) => one - other,
  );
  return places.slice(1).map((place, index) => text.slice(places[index], place));
}
