import { expect, test } from "vitest";
import type { Capability } from "../../src/capability/contract.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import type { PacketronRequest } from "../../src/message/request.ts";
import { type LogLine, send, startServer } from "../_server.ts";

type Read = (request: PacketronRequest) => Promise<unknown>;

/** Starts a server with one route whose handler reads the body. */
async function startReading(
  read: Read,
  flags = 0,
  capabilities: readonly Capability[] = [],
): Promise<{ post: (type?: string, body?: string) => Promise<unknown>; lines: LogLine[] }> {
  const { server, lines } = await startServer(
    (made) =>
      void made.handle({
        method: PacketronRequestMethod.POST,
        routePath: "orders",
        flags,
        handler: async (request, response) => response.sendJson(await read(request)),
      }),
    { capabilities },
  );
  const post = async (type?: string, body = "{}"): Promise<unknown> => {
    const answer = await send(
      server,
      "POST /orders",
      type === undefined ? {} : { "Content-Type": type },
      body,
    );
    return JSON.parse(answer.text);
  };
  return { post, lines };
}

const getBody: Read = (request) => request.getBody();

test.each([
  ["application/json; charset=utf-8", "JSON_BODY"],
  ["application/problem+json", "JSON_BODY"],
  ["application/x-www-form-urlencoded", "FORM_DATA"],
  ["multipart/form-data; boundary=x", "MULTIPART_FORM_DATA"],
  ["application/xml", "XML_BODY"],
  ["application/atom+xml", "XML_BODY"],
  ["text/xml", "XML_BODY"],
  ["text/plain", "PLAIN_TEXT_BODY"],
  ["image/png", "JSON_BODY, another body flag, or RAW_BODY for the bytes"],
  [undefined, "JSON_BODY, another body flag, or RAW_BODY for the bytes"],
])("getBody() of a body of the type %s on a route without a body flag names the flag", async (type, flag) => {
  const { post, lines } = await startReading(getBody);
  expect(await post(type)).toBeNull();
  expect(await post(type)).toBeNull();
  expect(lines).toEqual([
    {
      level: "warn",
      fields: { route: "POST /orders" },
      message: `getBody() gave no body on POST /orders: the route has no body flag, so it needs PacketronHandlerFlags.${flag}`,
    },
  ]);
});

test.each<[accessor: string, read: Read, flag: string]>([
  ["getFiles", (request) => request.getFiles(), "PLAIN_TEXT_BODY"],
  ["getBodyError", (request) => request.getBodyError(), "PLAIN_TEXT_BODY"],
  ["getRawBody", (request) => request.getRawBody(), "RAW_BODY"],
])("%s() warns as well", async (accessor, read, flag) => {
  const { post, lines } = await startReading(read);
  await post("text/plain");
  expect(lines).toHaveLength(1);
  expect(lines[0]?.message).toMatch(
    new RegExp(`^${accessor}\\(\\) gave .* needs PacketronHandlerFlags\\.${flag}$`),
  );
});

test("a parser of a package outside core is named by the flag that its package exports", async () => {
  const lines: Capability = {
    name: "packetron-body-lines",
    install: (host) =>
      host.bodyParser({
        flag: 1 << 20,
        name: "LINES_BODY",
        mediaTypes: ["text/x-lines"],
        form: "text",
        parse: (text) => text.split("\n"),
      }),
  };
  const { post, lines: logged } = await startReading(getBody, 0, [lines]);
  await post("text/x-lines");
  expect(logged[0]?.message).toMatch(/ has no body flag, so it needs LINES_BODY$/);
});

test.each<[name: string, flags: number, body: string]>([
  ["a request without a body", 0, ""],
  ["DONT_USE_BODY", PacketronHandlerFlags.DONT_USE_BODY, "{}"],
  ["RAW_BODY", PacketronHandlerFlags.RAW_BODY, "{}"],
])("%s is not warned of", async (_name, flags, body) => {
  const { post, lines } = await startReading(getBody, flags);
  expect(await post("application/json", body)).toBeNull();
  expect(lines).toEqual([]);
});
