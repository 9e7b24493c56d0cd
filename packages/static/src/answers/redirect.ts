/** Redirects `/a/folder` to `/a/folder/`. Without the slash, browsers resolve the page's relative links in `/a/`. */
import type { PacketronRequest } from "@packetron/core";
import { PacketronResponse } from "@packetron/core/capability";
import { setDefault } from "./head.ts";

/** The unwrapped `send()` of core: a plugin that wraps `response.send()` does not expect the content of a file. */
const { send } = PacketronResponse.prototype;

/**
 * Redirects to the same path with a trailing slash and the same query.
 *
 * @param cacheControl The Cache-Control of the redirect. Without a Cache-Control, caches may keep a 301 for ever
 *   (RFC 9110 section 15.4.2).
 */
export function redirectToDirectory(
  request: PacketronRequest,
  response: PacketronResponse,
  cacheControl: string | undefined,
): void {
  response.statusCode = 301;
  response.setHeader("Location", locationOf(request));
  setDefault(response, "Cache-Control", cacheControl ?? null);
  send.call(response);
}

/**
 * Returns the value of Location. Attack: a request target such as `//host` or `http://host/` could redirect to another
 * host. So the value is made from the canonical path, which has one leading slash, no empty segment and no backslash.
 */
function locationOf({ path, url = "" }: PacketronRequest): string {
  const query = url.indexOf("?");
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return `${encoded}/${query === -1 ? "" : url.slice(query)}`;
}
