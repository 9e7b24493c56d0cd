import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  LARGEST_ANSWER,
  readAnswer,
  readRequest,
  writeAnswer,
  writeRequest,
} from "../../src/control/protocol.ts";

describe("a request", () => {
  test.each(["status", "routes", "reload", "stop"] as const)("for %s is read back unchanged", (verb) => {
    const line = writeRequest({ verb });
    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(readRequest(line)).toEqual({ ok: true, value: { verb } });
  });

  test("for a profile is read back unchanged", () => {
    const request = {
      verb: "profile",
      profile: { worker: 2, seconds: 0.5, file: resolve("a.cpuprofile") },
    } as const;
    expect(readRequest(writeRequest(request))).toEqual({ ok: true, value: request });
  });

  test.each([
    ["nothing", undefined],
    ["no worker", { seconds: 1, file: "/a" }],
    ["a relative path", { worker: 1, seconds: 1, file: "a" }],
    ["no time", { worker: 1, seconds: 0, file: "/a" }],
    ["too much time", { worker: 1, seconds: 601, file: "/a" }],
  ])("for a profile with %s is refused", (_title, profile) => {
    const line = JSON.stringify({ packetron: 1, verb: "profile", profile });
    expect(readRequest(line)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("a profile needs"),
    });
  });

  test.each([
    ["", "this is not a request of packetron"],
    ["GET / HTTP/1.1", "this is not a request of packetron"],
    ["[]", "this is not a request of packetron"],
    ["null", "this is not a request of packetron"],
    ['{"verb":"stop"}', "this is not a request of packetron"],
    ['{"packetron":1}', "the application does not know this command"],
    ['{"packetron":1,"verb":"toString"}', "the application does not know this command"],
    ['{"packetron":1,"verb":["stop"]}', "the application does not know this command"],
  ])("that is malformed is refused with a reason: %s", (line, reason) => {
    expect(readRequest(line)).toEqual({ ok: false, reason });
  });

  test("of another version is refused with both versions", () => {
    const answer = readRequest('{"packetron":2,"verb":"stop"}');
    expect(answer).toMatchObject({ ok: false, reason: expect.stringMatching(/version 2 .* version 1:/) });
  });

  test("is read without a throw for any line", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(readRequest(line).ok).toBe(false);
      }),
    );
  });
});

describe("an answer", () => {
  test("is read back unchanged", () => {
    const value = { generation: 3 };
    expect(readAnswer("reload", writeAnswer({ ok: true, value }))).toEqual({ ok: true, value });
    const refused = { ok: false, reason: "worker 1 did not get ready" } as const;
    expect(readAnswer("reload", writeAnswer(refused))).toEqual(refused);
  });

  test.each([
    ["status", '{"packetron":1,"ok":true,"value":{"workers":[]}}', "answer to status is not readable"],
    ["status", '{"packetron":1,"ok":true,"value":{"workers":[1],"addresses":[]}}', "is not readable"],
    ["routes", '{"packetron":1,"ok":true,"value":[{"routes":[null]}]}', "answer to routes is not readable"],
    ["routes", '{"packetron":1,"ok":true,"value":[{"routes":[]}]}', "answer to routes is not readable"],
    ["reload", '{"packetron":1,"ok":true,"value":{}}', "answer to reload is not readable"],
    ["stop", '{"packetron":1,"ok":true,"value":1}', "answer to stop is not readable"],
    ["stop", '{"packetron":1,"ok":"true","value":null}', "gave no reason"],
    ["stop", "HTTP/1.1 400 Bad Request", "gave an answer that is not readable"],
    ["stop", '{"packetron":7,"ok":true,"value":null}', "the application version 7"],
  ] as const)("to %s that is malformed is a refusal: %s", (verb, line, reason) => {
    expect(readAnswer(verb, line)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  test("that is too long becomes a refusal that says so", () => {
    const line = writeAnswer({ ok: true, value: "x".repeat(LARGEST_ANSWER) });
    expect(JSON.parse(line)).toEqual({ packetron: 1, ok: false, reason: "the answer is too long" });
  });
});
