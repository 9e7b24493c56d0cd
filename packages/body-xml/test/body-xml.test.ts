import {
  isPacketronError,
  Packetron,
  PacketronHandlerFlags,
  PacketronRequestMethod,
  PacketronServerFlags,
} from "@packetron/core";
import { bodyParserConformance, capabilityConformance } from "@packetron/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BodyXmlOptions, bodyXml } from "../src/index.ts";
import { fetching } from "./_attacks.ts";

const mediaType = "application/xml";

describe.each<BodyXmlOptions>([{}, { ignoreAttributes: false, parseTagValue: false, maxDepth: 3 }])(
  "bodyXml(%o) does what every body parser does",
  (options) => {
    const suite = bodyParserConformance({
      create: () => bodyXml(options),
      flag: PacketronHandlerFlags.XML_BODY,
      valid: [
        { name: "text", mediaType, body: "<a>é漢😀</a>", value: { a: "é漢😀" } },
        {
          name: "children",
          mediaType: "text/xml; charset=utf-8",
          body: "<a><b>x</b><b>y</b></a>",
          value: { a: { b: ["x", "y"] } },
        },
        {
          name: "a feed",
          mediaType: "application/atom+xml",
          body: "<feed>\n<title>x &amp; y</title>\n</feed>",
          value: { feed: { title: "x & y" } },
        },
        {
          name: "Latin-1",
          mediaType: "text/xml; charset=latin1",
          body: Uint8Array.of(0x3c, 0x61, 0x3e, 0xe9, 0x3c, 0x2f, 0x61, 0x3e),
          value: { a: "é" },
        },
      ],
      invalid: [
        { name: "an element that is not closed", mediaType, body: "<a>" },
        { name: "a space", mediaType, body: " " },
        { name: "a DOCTYPE", mediaType, body: "<!DOCTYPE a><a/>" },
        { name: "1,000 levels", mediaType, body: "<a>".repeat(1000) + "</a>".repeat(1000) },
      ],
      hostile: [
        {
          name: "a tag that names the prototype",
          mediaType,
          body: "<a><__proto__><polluted>x</polluted></__proto__></a>",
        },
        {
          name: "tags that lead to the prototype",
          mediaType,
          body: "<a><constructor><prototype><polluted>x</polluted></prototype></constructor></a>",
        },
        {
          name: "attributes that name the prototype",
          mediaType,
          body: "<a __proto__='x' constructor='y'><b prototype='z'/></a>",
        },
        {
          name: "an instruction that names the prototype",
          mediaType,
          body: "<?__proto__ polluted='x'?><a/>",
        },
      ],
    });
    for (const { name, run } of suite) test(name, run);
  },
);

describe("bodyXml() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(bodyXml)) test(name, run);
});

describe("the bytes of an XML body", () => {
  const bodies: unknown[] = [];
  const server = new Packetron({
    host: "127.0.0.1",
    port: 0,
    maxThreads: 1,
    idleGrace: 0,
    flags: PacketronServerFlags.SILENCE_INTERNAL_LOGS,
    capabilities: [bodyXml()],
  });

  async function read(bytes: Uint8Array | string, charset = ""): Promise<unknown> {
    const headers = { "content-type": `application/xml${charset}` };
    const body = new Uint8Array(Buffer.from(bytes));
    const answer = await fetch(`http://127.0.0.1:${server.port}/`, { method: "POST", body, headers });
    expect(answer.status).toBe(204);
    return bodies.pop();
  }

  beforeAll(async () => {
    server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "/",
      flags: PacketronHandlerFlags.XML_BODY,
      handler: async (request, response) => {
        const body = await request.getBody();
        const error = await request.getBodyError();
        bodies.push(isPacketronError(error) ? error.code : body);
        response.sendStatusCode(204);
      },
    });
    await server.start();
  });

  afterAll(() => server.stop());

  test.each<readonly [name: string, bytes: Buffer, charset: string, value: unknown]>([
    ["a byte order mark is not part of the document", Buffer.from("\ufeff<a>x</a>"), "", { a: "x" }],
    ["a byte order mark alone is an empty body", Buffer.from("\ufeff"), "", null],
    [
      "UTF-16 with its charset is decoded",
      Buffer.from("<a>é</a>", "utf16le"),
      "; charset=utf-16le",
      { a: "é" },
    ],
    ["UTF-16 without a charset is not valid", Buffer.from("<a>é</a>", "utf16le"), "", "PKT_BODY_INVALID"],
    ["an unknown charset is refused", Buffer.from("<a/>"), "; charset=klingon", "PKT_BODY_CHARSET"],
    [
      "the charset takes precedence over the declaration",
      Buffer.from("<?xml version='1.0' encoding='UTF-8'?><a>\xe9</a>", "latin1"),
      "; charset=latin1",
      { "?xml": "", a: "é" },
    ],
    [
      "Latin-1 that only the declaration names is not valid, instead of a damaged value",
      Buffer.from("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", "latin1"),
      "",
      "PKT_BODY_INVALID",
    ],
    [
      "a declaration of Latin-1 is accepted for ASCII text",
      Buffer.from("<?xml version='1.0' encoding='ISO-8859-1'?><a>e</a>"),
      "",
      { "?xml": "", a: "e" },
    ],
  ])("%s", async (_name, bytes, charset, value) => {
    expect(await read(bytes, charset)).toEqual(value);
  });

  test("an external entity in any spelling is never read: the body is null, with a coded error", async () => {
    for (const [name, text] of fetching) expect([name, await read(text)]).toEqual([name, "PKT_BODY_INVALID"]);
  });
});

test.each<readonly [text: string, message: string]>([
  ['{"maxDepth":0}', 'Option "bodyXml().maxDepth": got 0, expected a whole number from 1.'],
  ['{"maxNodes":-1}', 'Option "bodyXml().maxNodes": got -1, expected a whole number from 1.'],
  ['{"maxAttributes":1.5}', 'Option "bodyXml().maxAttributes": got 1.5, expected a whole number from 1.'],
  ['{"maxNameLength":"9"}', 'Option "bodyXml().maxNameLength": got "9", expected a whole number from 1.'],
  [
    '{"maxReferences":1e300}',
    'Option "bodyXml().maxReferences": got 1e+300, expected a whole number from 1.',
  ],
  ['{"ignoreAttributes":"no"}', 'Option "bodyXml().ignoreAttributes": got "no", expected true or false.'],
  ['{"parseTagValue":0}', 'Option "bodyXml().parseTagValue": got 0, expected true or false.'],
])("the options %s are refused by the factory", (text, message) => {
  const options: BodyXmlOptions = JSON.parse(text);
  expect(() => bodyXml(options)).toThrow(expect.objectContaining({ code: "PKT_OPTION_INVALID", message }));
});
