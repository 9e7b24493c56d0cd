/** The capability `bodyXml()`: claims XML_BODY and passes the text of each body to the XML parser. */
import type { Capability } from "@packetron/core";
import {
  assertOptions,
  fromCaller,
  optionError,
  PacketronHandlerFlags,
  routeFacts,
} from "@packetron/core/capability";
import { findXmlLibrary } from "./library.ts";
import { limitNames, resolveLimits, type XmlLimits } from "./limits.ts";
import { createXmlParser } from "./parse-xml.ts";

/** Options of {@link bodyXml}: the limits of a document, and two options of fast-xml-parser that change its result. */
export interface BodyXmlOptions extends Partial<XmlLimits> {
  /**
   * Whether attributes are left out of the result. With `false`, they are properties whose names begin with `@_`.
   * @default true
   */
  readonly ignoreAttributes?: boolean;
  /**
   * Whether text that looks like a number or a boolean becomes one: `<id>007</id>` gives `7`.
   * @default true
   */
  readonly parseTagValue?: boolean;
}

/**
 * Adds `XML_BODY`: `getBody()` resolves to the parsed XML, as fast-xml-parser returns it, or to `null` when the request
 * has no body or the body is not a well-formed document. For a document that is not well-formed, `getBodyError()` gives
 * the reason, and `REJECT_INVALID_BODY` answers 400.
 *
 * A document with a DOCTYPE is refused. So only the five predefined entities of XML exist, and the parser never fetches
 * anything.
 *
 * @throws PKT_OPTION_INVALID when a limit is not an integer of 1 or more, or an option is not a boolean.
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
  const parse = fromCaller(bodyXml, () => createParser(options));
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
      // A missing installation fails the start, not the first request.
      host.lifecycle({
        starting: () => {
          if (routeFacts(host).some(({ route }) => (route.flags & PacketronHandlerFlags.XML_BODY) !== 0))
            findXmlLibrary();
        },
      });
    },
  };
}

function createParser(options: BodyXmlOptions): (text: string) => unknown {
  const known = [...limitNames, ...CHOICES];
  assertOptions("bodyXml()", options, known, "an object such as { maxDepth: 50 }");
  return createXmlParser(resolveLimits(options), {
    ignoreAttributes: readChoice("ignoreAttributes", options),
    parseTagValue: readChoice("parseTagValue", options),
  });
}

const CHOICES = ["ignoreAttributes", "parseTagValue"] as const;

function readChoice(name: (typeof CHOICES)[number], options: BodyXmlOptions): boolean {
  const value: unknown = options[name] ?? true;
  if (typeof value === "boolean") return value;
  throw optionError(`bodyXml().${name}`, value, "true or false");
}
