import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, RawClient } from "../_raw.ts";
import { type Subject, subjects } from "./_subjects.ts";

const SEED = 20_260;

/** Tokens of requests, so that random sequences reach deep states of the parser. */
const token = fc.constantFrom(
  ...[
    "GET",
    "POST",
    "OPTIONS",
    "CONNECT",
    "ABC",
    " ",
    "/",
    "*",
    "/a%2fb",
    "http://x/",
    "#",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
  ],
  ...[
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    "Host: x",
    "Host:",
    ": ",
    "Content-Length: 5",
    "Content-Length: -1",
    "hello",
    "0\r\n\r\n",
  ],
  ...[
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: identity",
    "Connection: close",
    "Upgrade: h2c",
    "Expect: 100-continue",
  ],
  ...["5\r\nhello\r\n", "ffffffff\r\n", "\0", "\x7f", "\xff", "\t", "Connection: Upgrade", "X: y"],
);
const tokens = fc.array(token, { maxLength: 24 }).map((parts) => Buffer.from(parts.join(""), "latin1"));
const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));

/** A valid request, in which the fuzzer changes, adds or removes bytes. */
const GOOD = Buffer.from(
  "POST /echo?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-Y: z\r\n\r\nhello",
  "latin1",
);
const edit = fc.record({
  at: fc.nat(GOOD.length),
  remove: fc.nat(3),
  insert: fc.uint8Array({ maxLength: 3 }),
});
const mutant = fc
  .array(edit, { minLength: 1, maxLength: 3 })
  .map((edits) =>
    edits.reduce(
      (bytes, { at, remove, insert }) =>
        Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]),
      GOOD,
    ),
  );

describe.each(subjects)("random bytes sent to %s", (_name, start) => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await start();
  });
  afterAll(async () => {
    expect(subject.reported).toEqual([]);
    await subject.stop();
  });

  it.each([
    ["pieces of requests", tokens],
    ["requests with a few bytes changed", mutant],
    ["noise", noise],
  ])("get complete answers without server errors, and nothing after a close: %s", async (_kind, input) => {
    await fc.assert(
      fc.asyncProperty(input, async (bytes) => {
        const client = await RawClient.connect({ ...subject, allowHalfOpen: true });
        client.send(bytes).socket.end();
        const responses = await client.untilClose();
        client.destroy();
        const statuses = responses.map(({ status }) => status);
        expect(statuses.filter((status) => status >= 500 && status !== 501 && status !== 505)).toEqual([]);
        const closing = responses.findIndex(({ headers }) => headers.get("connection")?.[0] === "close");
        if (closing !== -1) expect(responses).toHaveLength(closing + 1);
        expect(responses.length).toBeLessThanOrEqual(bytes.toString("latin1").split("HTTP/1").length);
      }),
      { seed: SEED, numRuns: 300 },
    );
    expect((await ask(subject, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")).status).toBe(200);
  });
});
