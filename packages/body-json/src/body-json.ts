/** The capability: claims JSON_BODY and passes the text of each body to the parser. */
import type { Capability } from "@packetron/core";
import { assertOptions, fromCaller, optionError, PacketronHandlerFlags } from "@packetron/core/capability";
import { type Poisoning, parseJson } from "./parse-json.ts";

/** Options of {@link bodyJson}. */
export interface BodyJsonOptions {
  /**
   * What happens to a body with a key that could reach a prototype: `__proto__`, or a `constructor` that has a
   * `prototype`. `"refuse"` treats the body as not valid: no honest client sends such a key. `"drop"` removes only
   * these keys: the handler then gets another body than the one that a proxy, a signature or a validator saw.
   * @default "refuse"
   */
  poisoning?: Poisoning;
  /**
   * Levels of objects and arrays. A body that nests deeper is not valid: recursive code, such as a validator or
   * `JSON.stringify()`, overflows the stack at some thousands of levels. `null` removes the limit.
   * @default 100
   */
  maxDepth?: number | null;
}

/**
 * Adds `JSON_BODY`: `getBody()` gives the parsed JSON (RFC 8259), or `null` when the body is missing or not valid.
 * For a body that is not valid, `getBodyError()` has the reason, and `REJECT_INVALID_BODY` answers 400.
 *
 * @throws PKT_OPTION_INVALID when `poisoning` is not `"refuse"` or `"drop"`, or `maxDepth` is not a whole number from 1
 *   or `null`; PKT_OPTION_UNKNOWN for another option.
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
  const { poisoning, maxDepth } = fromCaller(bodyJson, () => readOptions(options));
  return {
    name: "@packetron/body-json",
    install(host) {
      host.bodyParser({
        flag: PacketronHandlerFlags.JSON_BODY,
        name: "JSON_BODY",
        // RFC 8259 section 11, RFC 6839 section 3.1. `text/json` is not registered, but old clients send it.
        mediaTypes: ["application/json", "application/*+json", "text/json"],
        form: "text",
        parse: (text) => parseJson(text, poisoning, maxDepth),
      });
    },
  };
}

function readOptions(options: BodyJsonOptions): Required<BodyJsonOptions> {
  assertOptions("bodyJson()", options, ["poisoning", "maxDepth"], 'an object such as { poisoning: "drop" }');
  const { poisoning = "refuse", maxDepth = 100 } = options;
  assertPoisoning(poisoning);
  assertMaxDepth(maxDepth);
  return { poisoning, maxDepth };
}

function assertPoisoning(value: unknown): asserts value is Poisoning {
  if (value === "refuse" || value === "drop") return;
  throw optionError("bodyJson().poisoning", value, '"refuse" or "drop"');
}

function assertMaxDepth(value: unknown): asserts value is number | null {
  if (value === null || (Number.isSafeInteger(value) && Number(value) >= 1)) return;
  throw optionError("bodyJson().maxDepth", value, "a whole number from 1, or null for no limit");
}
