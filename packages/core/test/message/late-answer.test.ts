import { EventEmitter, once } from "node:events";
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { PacketronResponse } from "../../src/message/response.ts";
import { answerOf, pipelined, startAnswering } from "./_answering.ts";

const seconds: [string, (response: PacketronResponse) => void][] = [
  ["sendJson()", (response) => response.sendJson({ second: true })],
  ["sendHtml()", (response) => response.sendHtml("second")],
  ["sendTextPlain()", (response) => response.sendTextPlain("second")],
  ["send()", (response) => response.send("second")],
  ["sendOk()", (response) => response.sendOk()],
  ["sendStatusCode()", (response) => response.sendStatusCode(500)],
  ["setCookie()", (response) => response.setCookie("a", "1")],
  ["clearCookie()", (response) => response.clearCookie("a")],
  ["write()", (response) => void response.write("second")],
  ["end()", (response) => void response.end("second")],
  ["write()", (response) => void response.write("second", () => {})],
];

test.each(seconds)("%s is ignored, with one warning that has a stack", async (name, second) => {
  const { response, text, warnings, thrown } = await answerOf(async (given) => {
    given.sendTextPlain("first");
    second(given);
    await nextTurn();
    second(given);
  });
  expect([response.status, text, response.headers.has("set-cookie")]).toEqual([200, "first", false]);
  expect(thrown).toEqual([]);
  expect(warnings).toHaveLength(1);
  const err = warnings[0]?.fields["err"];
  expect(err).toMatchObject({ code: "PKT_RESPONSE_ENDED", message: expect.stringContaining(name) });
  expect(err).toHaveProperty("stack", expect.stringMatching(/^ +at /m));
});

test("the stack leads to the late call", async () => {
  const { warnings } = await answerOf(function lateHandler(response) {
    response.sendOk();
    response.sendOk();
  });
  expect(warnings[0]?.fields["err"]).toHaveProperty("stack", expect.stringContaining("lateHandler"));
});

test("while an answer is streamed it is ignored, and the stream continues", async () => {
  const { text, warnings } = await answerOf((response) => {
    response.write("one ");
    response.sendJson({ second: true });
    response.end("two");
  });
  expect(text).toBe("one two");
  expect(warnings).toHaveLength(1);
});

test("a stream that is piped into an ended response is unpiped, and ends nothing", async () => {
  const unpiped = new EventEmitter();
  const body = Buffer.alloc(8 << 20); // large, because Node itself ignores late writes once an answer is flushed
  const answering = await startAnswering((response) => {
    response.send(body);
    response.once("unpipe", () => unpiped.emit("done"));
    Readable.from(["late", "later"]).pipe(response);
  });
  const [[response]] = await Promise.all([
    pipelined(answering, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1),
    once(unpiped, "done"),
  ]);
  expect(response?.body.equals(body)).toBe(true);
  expect(answering.warnings).toHaveLength(1);
});

test("an error listener of the program still gets the error", async () => {
  const heard: unknown[] = [];
  const { warnings } = await answerOf(async (response) => {
    response.on("error", (error) => heard.push(error));
    response.sendOk();
    response.write("late");
    await nextTurn();
  });
  expect(heard).toEqual([expect.objectContaining({ code: "ERR_STREAM_WRITE_AFTER_END" })]);
  expect(warnings).toEqual([]);
});

test("many late answers cause one warning a second", async () => {
  const answering = await startAnswering((response) => {
    response.sendOk();
    response.sendOk();
  });
  await pipelined(answering, "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20), 20);
  expect(answering.warnings.length).toBeLessThan(3);
});

test("after core itself has answered, it is ignored without a warning", async () => {
  const { response, warnings, thrown } = await answerOf(async (given) => {
    given.sendStatusCode(413);
    given.refused = true;
    for (const [, second] of seconds) second(given);
    await nextTurn();
  });
  expect([response.status, warnings, thrown]).toEqual([413, [], []]);
});

test("a client that has disconnected causes no warning", async () => {
  const done = new EventEmitter();
  const answering = await startAnswering(async (response) => {
    client.destroy();
    await once(response, "close");
    response.sendJson({ a: 1 });
    response.write("late");
    await nextTurn();
    done.emit("done");
  });
  const client = httpRequest({ port: answering.port, host: "127.0.0.1" })
    .on("error", () => {})
    .end();
  await once(done, "done");
  expect([answering.thrown, answering.reported]).toEqual([[], []]);
});
