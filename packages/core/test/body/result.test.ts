/** Results of parsers besides a value: an incomplete value, or an error that ends the request. */
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import type { BodyParser } from "../../src/capability/body-parser.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { PacketronError } from "../../src/errors/errors.ts";
import type { Handler } from "../../src/routing/route-options.ts";
import { ask } from "../_raw.ts";
import { COUNT_BODY, count, HEX_BODY, hex, text } from "../message/_parsers.ts";
import { type BodyRoute, type BodyServer, gives, post, startBodies } from "./_bodies.ts";

const { PLAIN_TEXT_BODY, REJECT_INVALID_BODY } = PacketronHandlerFlags;

const servers: BodyServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(route: BodyRoute, parser: BodyParser): Promise<BodyServer> {
  const server = await startBodies({ it: route }, [parser]);
  servers.push(server);
  return server;
}

describe("a parser of text or bytes that reports an incomplete value", () => {
  const partial = new PacketronError("PKT_TEST_PARTIAL", "half of it", { status: 413 });

  test.each([
    ["text", PLAIN_TEXT_BODY, { ...text, parse: shorten }, "a"],
    ["bytes", HEX_BODY, { ...hex, parse: shorten }, "a"],
  ] as const)("gives its value, and getBodyError() the report: %s", async (_form, flags, parser, body) => {
    const server = await start({ flags }, parser);
    expect((await post(server, "it", { body: "ab" })).report).toEqual(
      gives({ body, error: "PKT_TEST_PARTIAL" }),
    );
    expect(server.warnings).toEqual([]);
  });

  test("is refused with the status of the report under REJECT_INVALID_BODY", async () => {
    const server = await start({ flags: PLAIN_TEXT_BODY | REJECT_INVALID_BODY }, { ...text, parse: shorten });
    expect((await post(server, "it", { body: "ab" })).status).toBe(413);
  });

  function shorten(input: string | Buffer, _request: unknown, report: (error: Error) => void): string {
    report(partial);
    return input.toString().slice(0, 1);
  }
});

test("an asynchronous parser that fails before getBody() is awaited does not end the process", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  const parse = async (): Promise<never> => {
    throw new Error("mine");
  };
  const handler: Handler = async (request, response) => {
    const body = request.getBody();
    await new Promise((resolve) => setTimeout(resolve, 10));
    response.send(await body.catch(String));
  };
  const server = await start({ flags: PLAIN_TEXT_BODY, handler }, { ...text, parse });
  const response = await ask(
    { port: server.port },
    "POST /it HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab",
  );
  expect([String(response.body), unhandled]).toEqual(["Error: mine", []]);
});

describe("a parser that fails with a coded error", () => {
  test.each([
    [400, gives({ error: "PKT_TEST" }), 0],
    [415, gives({ error: "PKT_TEST" }), 0],
    [413, gives({ files: null, error: "PKT_TEST", rejected: "PKT_TEST" }), 0],
    [500, gives({ files: null, error: "PKT_TEST", rejected: "PKT_TEST" }), 1],
    [507, gives({ files: null, error: "PKT_TEST", rejected: "PKT_TEST" }), 1],
  ])(
    "of status %i gives null, or rejects when the text is not at fault",
    async (status, expected, logged) => {
      const fail = (): never => {
        throw new PacketronError("PKT_TEST", "no", { status });
      };
      for (const [flags, parser] of [
        [PLAIN_TEXT_BODY, { ...text, parse: fail }],
        [COUNT_BODY, { ...count, open: async () => fail() }],
      ] as const) {
        const server = await start({ flags }, parser);
        expect((await post(server, "it", { body: "ab" })).report).toEqual(expected);
        const awaiting = await start({ flags: flags | REJECT_INVALID_BODY }, parser);
        expect((await post(awaiting, "it", { body: "ab" })).status).toBe(status);
        expect(awaiting.reported).toHaveLength(logged);
      }
    },
  );
});
