/** The answer for a directory that was asked for without its slash: relative links on its page need it. */
import { type PacketronRequest, PacketronResponse } from "@packetron/core";
import { setDefault } from "./head.ts";

/** Core's own way to end a response, past wrappers of `send()` on the instance: they did not ask for files. */
const { send } = PacketronResponse.prototype;

/**
 * Redirects to the same path with a slash, query kept.
 *
 * @param cacheControl How long the redirect may be kept; by itself a 301 may be for ever, RFC 9110 section 15.4.2.
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
 * Made of the canonical path: it has one leading slash, no empty segment and no backslash, so that no spelling of the
 * target, such as `//host` or `http://host/`, leads to another host.
 */
function locationOf({ path, url = "" }: PacketronRequest): string {
  const query = url.indexOf("?");
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return `${encoded}/${query === -1 ? "" : url.slice(query)}`;
}
