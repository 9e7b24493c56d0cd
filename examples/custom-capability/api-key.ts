/** Keys of an API, as a capability: a flag for routes and an option of the server. */
import { createHash } from "node:crypto";
import { type Capability, defineErrors, GateOrder, optionError, refuse } from "@packetron/core";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * The keys that clients may send as `X-API-Key`, for routes with {@link API_KEY}.
     * @default [], which lets no client pass
     */
    apiKeys?: readonly string[];
  }
}

/** The flag of a route that needs a key. Bits 20 to 30 are free for packages of third parties. */
export const API_KEY: number = 1 << 21;

const apiKeyError = defineErrors({
  PKT_APIKEY_UNKNOWN: {
    status: 401,
    message: "A request has no key that the server knows. Send it as X-API-Key.",
  },
});

/**
 * Adds the flag API_KEY, or another bit that is given as `flag`, and the option `apiKeys`. A request for a route without the
 * flag costs one comparison.
 */
export function apiKey(flag: number = API_KEY): Capability {
  return {
    name: "example-api-key",
    install(host) {
      let known: ReadonlySet<string> = new Set();
      host.flag("handler", "API_KEY", flag);
      host.serverOption("apiKeys", (value = []) => {
        if (!isTexts(value)) throw optionError("apiKeys", value, "a list of texts");
        known = new Set(value.map(hashOf));
      });
      // After rate limits, so that a client cannot try many keys, and before any of the body is read.
      host.gate(GateOrder.RATE_LIMIT + 1, function checkKey(request, response) {
        if (request.route === null || (request.route.flags & flag) === 0) return;
        // Hashes are compared: how long that takes says nothing about the keys.
        if (!known.has(hashOf(String(request.headers["x-api-key"]))))
          refuse(response, apiKeyError("PKT_APIKEY_UNKNOWN"), { "WWW-Authenticate": "X-API-Key" });
      });
    },
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("base64");
}
