/**
 * Plain text request bodies: the whole of a capability on one screen, for reading and for copying. Core reads the
 * bytes, holds the cap, inflates, decodes the charset and removes a BOM; a parser adds its one conversion. A text is
 * already what this one promises, so it converts nothing and refuses nothing.
 *
 * @module
 */
import { type Capability, PacketronHandlerFlags } from "@packetron/core";

/**
 * Adds `PLAIN_TEXT_BODY`: `getBody()` gives the body as a string, or `null` when there is none.
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
