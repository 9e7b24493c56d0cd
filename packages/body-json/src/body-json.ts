/** The capability: claims JSON_BODY and hands each text to the parser. */
import { type Capability, optionError, PacketronHandlerFlags } from "@packetron/core";
import { type Poisoning, parseJson } from "./parse-json.ts";

/** Options of {@link bodyJson}. */
export interface BodyJsonOptions {
  /**
   * What happens to a body with a key that could reach a prototype: `__proto__`, or a `constructor` that holds a
   * `prototype`. `"refuse"` treats the body as not valid, because no honest client sends such a key and a silently
   * changed body is one that a proxy, a signature or a validator saw differently. `"drop"` removes just these keys.
   * @default "refuse"
   */
  poisoning?: Poisoning;
}

/**
 * Adds `JSON_BODY`: `getBody()` gives the parsed JSON (RFC 8259), or `null` when there is no body or it is not valid;
 * `getBodyError()` then tells why, and `REJECT_INVALID_BODY` answers 400.
 *
 * @throws PKT_OPTION_INVALID when `poisoning` is neither of its two words.
 * @example
 * const server = new Packetron({ capabilities: [bodyJson()] });
 * server.handle({
 *   method: PacketronRequestMethod.POST,
 *   routePath: "orders",
 *   flags: PacketronHandlerFlags.JSON_BODY,
 *   handler: async (request, response) => response.sendJson({ received: await request.getBody() }),
 * });
 */
export function bodyJson(options: BodyJsonOptions = {}): Capability {
  const { poisoning = "refuse" } = options;
  assertPoisoning(poisoning);
  return {
    name: "@packetron/body-json",
    install(host) {
      host.bodyParser({
        flag: PacketronHandlerFlags.JSON_BODY,
        name: "JSON_BODY",
        // RFC 8259 section 11, RFC 6839 section 3.1; the last is not registered, but old clients send it.
        mediaTypes: ["application/json", "application/*+json", "text/json"],
        form: "text",
        parse: (text) => parseJson(text, poisoning),
      });
    },
  };
}

function assertPoisoning(value: unknown): asserts value is Poisoning {
  if (value === "refuse" || value === "drop") return;
  throw optionError("bodyJson().poisoning", value, '"refuse" or "drop"');
}
