/** The capability: claims XML_BODY and hands each text to the parser. */
import { type Capability, optionError, PacketronHandlerFlags } from "@packetron/core";
import { resolveLimits, type XmlLimits } from "./limits.ts";
import { createXmlParser } from "./parse-xml.ts";

/** Options of {@link bodyXml}: the limits of a document, and the two choices of fast-xml-parser that change its value. */
export interface BodyXmlOptions extends Partial<XmlLimits> {
  /**
   * Whether attributes are left out. With `false` they are members whose names begin with `@_`.
   * @default true
   */
  readonly ignoreAttributes?: boolean;
  /**
   * Whether text that looks like a number or a boolean becomes one: `<id>007</id>` is `7`.
   * @default true
   */
  readonly parseTagValue?: boolean;
}

/**
 * Adds `XML_BODY`: `getBody()` gives the parsed XML in the shape of fast-xml-parser, or `null` when there is no body or
 * it is not a well-formed document; `getBodyError()` then tells why, and `REJECT_INVALID_BODY` answers 400.
 *
 * A DOCTYPE is refused, so there are no entities but the five of XML, and nothing is ever fetched.
 *
 * @throws PKT_OPTION_INVALID when a limit is not a whole number from 1, or a choice not a boolean.
 * @example
 * const server = new Packetron({ capabilities: [bodyXml({ ignoreAttributes: false })] });
 * server.handle({
 *   method: PacketronRequestMethod.POST,
 *   routePath: "orders",
 *   flags: PacketronHandlerFlags.XML_BODY,
 *   handler: async (request, response) => response.sendJson({ received: await request.getBody() }),
 * });
 */
export function bodyXml(options: BodyXmlOptions = {}): Capability {
  const parse = createXmlParser(resolveLimits(options), {
    ignoreAttributes: readChoice("ignoreAttributes", options),
    parseTagValue: readChoice("parseTagValue", options),
  });
  return {
    name: "@packetron/body-xml",
    install(host) {
      host.bodyParser({
        flag: PacketronHandlerFlags.XML_BODY,
        name: "XML_BODY",
        // RFC 7303 sections 4.1, 4.2 and 9.1, RFC 6839 section 3.6.
        mediaTypes: ["application/xml", "text/xml", "application/*+xml"],
        form: "text",
        parse: (text) => parse(text),
      });
    },
  };
}

function readChoice(name: "ignoreAttributes" | "parseTagValue", options: BodyXmlOptions): boolean {
  const value: unknown = options[name] ?? true;
  if (typeof value === "boolean") return value;
  throw optionError(`bodyXml().${name}`, value, "true or false");
}
