/** The comparison itself: whatever one side does otherwise, it is seen. */
import { describe, expect, test } from "vitest";
import * as kit from "../../../packetron/src/index.ts";
import { directOf, performRow, standardOf } from "./_compare.ts";
import { CHUNKED, GET, POST, type Row, type RowHandler, type Watch } from "./_row.ts";
import { openSite } from "./_site.ts";

const answer: RowHandler = (_request, response) => response.sendJson({ a: 1 });

/** What one side does otherwise, in the handler. */
const mutations: readonly (readonly [name: string, mutant: RowHandler, watch?: Watch])[] = [
  ["a status", (_request, response) => void Object.assign(response, { statusCode: 201 }).sendJson({ a: 1 })],
  [
    "a reason",
    (_request, response) => void Object.assign(response, { statusMessage: "Fine" }).sendJson({ a: 1 }),
  ],
  ["a header more", (_request, response) => response.setHeader("X-A", "1").sendJson({ a: 1 })],
  ["no Date", (_request, response) => void Object.assign(response, { sendDate: false }).sendJson({ a: 1 })],
  ["a Date that is none", (_request, response) => response.setHeader("Date", "now").sendJson({ a: 1 })],
  ["a byte of the body", (_request, response) => response.sendJson({ a: 2 })],
  [
    "the framing",
    (_request, response) => {
      response.setHeader("Content-Type", "application/json; charset=utf-8");
      response.write('{"a":1}');
      response.end();
    },
  ],
  [
    "the end of the connection",
    (_request, response) => void Object.assign(response, { shouldKeepAlive: false }).sendJson({ a: 1 }),
  ],
  ["a reset", (request) => void request.socket.resetAndDestroy()],
  ["a FIN", (request) => void request.socket.destroy()],
  [
    "bytes behind the answer",
    (request, response) => {
      response.sendJson({ a: 1 });
      request.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    },
  ],
  [
    "an event that is missing",
    (_request, response) => {
      const emit = response.emit;
      Reflect.set(response, "emit", (event: string, ...rest: unknown[]) =>
        event === "close" ? false : Reflect.apply(emit, response, [event, ...rest]),
      );
      response.sendJson({ a: 1 });
    },
    "after",
  ],
  [
    "an event that comes twice",
    (_request, response) => {
      response.once("close", () => response.emit("close"));
      response.sendJson({ a: 1 });
    },
    "before",
  ],
  [
    "an event that comes later",
    (_request, response) => {
      const emit = response.emit;
      Reflect.set(response, "emit", (event: string, ...rest: unknown[]) => {
        if (event !== "finish") return Reflect.apply(emit, response, [event, ...rest]);
        setImmediate(() => Reflect.apply(emit, response, [event, ...rest]));
        return true;
      });
      response.sendJson({ a: 1 });
    },
    "before",
  ],
  [
    "what an object says of itself",
    (_request, response) => {
      response.sendJson({ a: 1 });
      Object.defineProperty(response, "writableFinished", { value: false });
    },
  ],
  [
    "an answer that comes a turn later",
    (_request, response) => void setImmediate(() => response.sendJson({ a: 1 })),
  ],
  [
    "a failure that is reported",
    (_request, response) => {
      response.sendJson({ a: 1 });
      throw new Error("mine");
    },
  ],
  [
    "a warning in the log",
    (_request, response) => {
      response.sendJson({ a: 1 });
      response.sendJson({ a: 1 });
    },
  ],
  [
    "a call that throws",
    (_request, response, stage) => {
      stage.attempt("call", () => response.writeHead(0));
      response.sendJson({ a: 1 });
    },
  ],
];

describe("the comparison sees when one way of dispatch differs in", () => {
  test.each(mutations.map(([name, mutant, watch]) => [name, mutant, watch ?? "never"] as const))(
    "%s",
    async (_name, mutant, watch) => {
      const [standard, direct] = await Promise.all([perform(answer, watch), perform(mutant, watch)]);
      const comparison = [{ watch, standard, direct }];
      expect(directOf(comparison)).not.toEqual(standardOf(comparison));
    },
  );

  test("nothing, and then finds nothing", async () => {
    for (const text of [GET, POST, CHUNKED]) {
      const [one, other] = await Promise.all([
        perform(answer, "before", text),
        perform(answer, "before", text),
      ]);
      expect(one).toEqual(other);
    }
  });
});

function perform(handler: RowHandler, watch: Watch, text: string = GET): ReturnType<typeof performRow> {
  const row: Row = { name: "", handler, client: (client) => client.send(text).answers(1) };
  return performRow(row, (given, mode, when) => openSite(kit, given, mode, when), "standard", watch);
}
