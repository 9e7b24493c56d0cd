import { describe, expect, test } from "vitest";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import { areTrailersAllowed } from "../../src/message/trailers.ts";
import { exchange, RawClient } from "../_raw.ts";
import { startServer } from "../_server.ts";

test.each<[boolean, readonly string[]]>([
  [true, []],
  [true, ["X-Checksum", "1", "Digest", "2"]],
  [true, ["Hosts", "x", "Hos", "x", "Content-Typ", "a/b"]],
  [false, ["Host", "x"]],
  [false, ["X", "1", "hOST", "x"]],
  [false, ["Authorization", "x"]],
  [false, ["content-type", "a/b"]],
  [false, ["Content-Length", "5"]],
  [false, ["Transfer-Encoding", "chunked"]],
  [false, ["Content-Encoding", "gzip"]],
  [false, ["Cookie", "a=b"]],
  [false, ["Proxy-Authorization", "x"]],
  [false, ["Expect", "100-continue"]],
])("whether trailers are allowed is %s for %j", (allowed, rawTrailers) => {
  expect(areTrailersAllowed(rawTrailers)).toBe(allowed);
});

const POST = "POST /under-test HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
const BEHIND = "POST /under-test HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";

describe.each(["direct", "standard"] as const)("a request with trailers, dispatched %s", (dispatch) => {
  /** A server whose handler reads the body in one of three ways, and what came of it. */
  async function start(reads: "body" | "stream" | "nothing") {
    const seen: unknown[] = [];
    const { server, lines } = await startServer(
      (made) =>
        void made.handle({
          method: PacketronRequestMethod.POST,
          routePath: "under-test",
          flags: reads === "body" ? PacketronHandlerFlags.RAW_BODY : 0,
          handler: async (request, response) => {
            try {
              if (reads === "body") seen.push(String(await request.getRawBody()));
              if (reads === "stream") for await (const chunk of request) seen.push(String(chunk));
              seen.push({ ...request.trailers });
              response.sendTextPlain("done");
            } catch (error) {
              seen.push(Object(error).code);
              throw error;
            }
          },
        }),
      { dispatch, lingerTimeout: 200 },
    );
    const errors: unknown[] = [];
    server.on("error", (error) => errors.push(error));
    return { server, lines, seen, errors };
  }

  test("that are allowed shows them", async () => {
    const { server, seen } = await start("body");
    const client = await RawClient.connect(server);
    const [answer] = await client.send(`${POST}5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`).responses(1);
    client.destroy();
    expect(answer?.status).toBe(200);
    expect(seen).toEqual(["hello", { "x-sum": "1" }]);
  });

  test.each([
    ["body", /^PKT_BODY_ABORTED$/],
    ["stream", /^(ECONNRESET|ERR_STREAM_PREMATURE_CLOSE)$/],
  ] as const)(
    "that are not allowed is one 400, and the reader of its %s gets an error",
    async (reads, code) => {
      const { server, seen, errors } = await start(reads);
      const answers = await exchange(server, `${POST}5\r\nhello\r\n0\r\nHost: y\r\n\r\n${BEHIND}`);
      expect(answers.map(({ status }) => status)).toEqual([400]);
      await expect.poll(() => seen.at(-1), { timeout: 10_000 }).toMatch(code);
      expect(errors).toEqual([]);
    },
  );

  test("that are not allowed after the answer closes the connection without a second one", async () => {
    const { server, errors } = await start("nothing");
    const client = await RawClient.connect(server);
    await client.send(`${POST}5\r\nhello\r\n`).responses(1);
    client.send(`0\r\nHost: y\r\n\r\n${BEHIND}`);
    const answers = await client.untilClose();
    expect(answers.map(({ status, body }) => [status, String(body)])).toEqual([[200, "done"]]);
    expect(errors).toEqual([]);
  });
});
