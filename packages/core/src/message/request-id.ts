/** The id of a request, by which its lines in several logs are found. */
import { loadCrypto } from "../node/modules.ts";

/**
 * The allowed form of an `X-Request-Id`. Two such headers do not match, because Node joins their values with a comma
 * and a space.
 */
const VISIBLE = /^[\x21-\x7e]{1,128}$/;

/** The random part of all ids of this process, so that processes make different ids; set with the first id. */
let prefix = "";
let made = 0;

/** Returns the `X-Request-Id` of a trusted peer, else a new id. */
export function readRequestId(header: string | undefined, isTrusted: () => boolean): string {
  return header !== undefined && VISIBLE.test(header) && isTrusted() ? header : makeRequestId();
}

/** Makes an id from the random part and a count: random bytes for each request would cost more than its log line. */
function makeRequestId(): string {
  if (prefix === "") prefix = loadCrypto().randomBytes(6).toString("base64url");
  made += 1;
  return `${prefix}-${made.toString(36)}`;
}
