/** Tests of the comparison itself: it detects any difference between the two ways of dispatch. */
import { describe, expect, test } from "vitest";
import * as kit from "../../../packetron/src/index.ts";
import { directOf, performRow, standardOf } from "./_compare.ts";
import { CHUNKED, GET, POST, type Row, type RowHandler, type Watch } from "./_row.ts";
import { openSite } from "./_site.ts";

const answer: RowHandler = (_request, response) => response.sendJson({ a: 1 });

/** Handlers that differ on one side. */
const mutations: readonly (readonly [name: string, mutant: RowHandler, watch?: Watch])[] = [
  ["a status", (_request, response) => void Object.assign(response, { statusCode: 201 }).sendJson({ a: 1 })],
  [
    "a reason",
    (_request, response) => void Object.assign(response, { statusMessage: "Fine" }).sendJson({ a: 1 }),
  ],
  ["an additional header", (_request, response) => response.setHeader("X-A", "1").sendJson({ a: 1 })],
  ["no Date", (_request, response) => void Object.assign(response, { sendDate: false }).sendJson({ a: 1 })],
  ["an invalid Date", (_request, response) => response.setHeader("Date", "now").sendJson({ a: 1 })],
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
    "bytes after the answer",
    (request, response) => {
      response.sendJson({ a: 1 });
      request.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    },
  ],
  [
    "a missing event",
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
    "an event that is emitted twice",
    (_request, response) => {
      response.once("close", () => response.emit("close"));
      response.sendJson({ a: 1 });
    },
    "before",
  ],
  [
    "an event that is emitted later",
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
    "a property of an object",
    (_request, response) => {
      response.sendJson({ a: 1 });
      Object.defineProperty(response, "writableFinished", { value: false });
    },
  ],
  [
    "an answer that is sent a turn later",
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

describe("the comparison detects when one way of dispatch differs in", () => {
  test.each(mutations.map(([name, mutant, watch]) => [name, mutant, watch ?? "never"] as const))(
    "%s",
    async (_name, mutant, watch) => {
      const [standard, direct] = await Promise.all([perform(answer, watch), perform(mutant, watch)]);
      const comparison = [{ watch, standard, direct }];
      expect(directOf(comparison)).not.toEqual(standardOf(comparison));
    },
  );

  test("nothing, and then reports no difference", async () => {
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
