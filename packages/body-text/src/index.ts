/**
 * Plain text request bodies: the smallest complete capability, a template for your own. Core reads the bytes, enforces
 * the size limit, decompresses, decodes the charset and removes a BOM. A body parser only converts the result to a
 * value; the parser of this package returns the text unchanged, and rejects no body.
 *
 * @module
 */
import type { Capability } from "@packetron/core";
import { PacketronHandlerFlags } from "@packetron/core/capability";

/**
 * Adds the flag `PLAIN_TEXT_BODY`: `getBody()` resolves to the body as a string, or to `null` without a body.
 *
 * @example
 * const server = new Packetron({ capabilities: [bodyText()] });
 * server.handle({
 *   method: PacketronRequestMethod.POST,
 *   routePath: "notes",
 *   flags: PacketronHandlerFlags.PLAIN_TEXT_BODY,
 *   handler: async (request, response) => response.sendTextPlain(`got: ${await request.getBody()}`),
 * });
 */
export function bodyText(): Capability {
  return {
    name: "@packetron/body-text",
    install(host) {
      host.bodyParser({
        flag: PacketronHandlerFlags.PLAIN_TEXT_BODY,
        name: "PLAIN_TEXT_BODY",
        mediaTypes: ["text/*"],
        form: "text",
        parse: (text) => text,
      });
    },
  };
}
