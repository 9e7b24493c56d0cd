/** Redirects a directory without its trailing slash to the path with it: relative links on its page need the slash. */
import { type PacketronRequest, PacketronResponse } from "@packetron/core";
import { setDefault } from "./head.ts";

/** Core's own `send()`: wrappers of `send()` on the response do not expect files. */
const { send } = PacketronResponse.prototype;

/**
 * Redirects to the same path with a trailing slash and the same query.
 *
 * @param cacheControl The Cache-Control of the redirect. Without one, caches may keep a 301 for ever (RFC 9110 section
 *   15.4.2).
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
 * The value of Location. Attack: a target such as `//host` or `http://host/` could lead to another host. So the value
 * is made from the canonical path, which has one leading slash, no empty segment and no backslash.
 */
function locationOf({ path, url = "" }: PacketronRequest): string {
  const query = url.indexOf("?");
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return `${encoded}/${query === -1 ? "" : url.slice(query)}`;
}
