/** The id of a request: the one thing that the lines of several logs about it have in common. */
import { loadCrypto } from "../node/modules.ts";

/** What an id from outside may look like: it goes into logs and headers. Two headers are joined with a space: none. */
const VISIBLE = /^[\x21-\x7e]{1,128}$/;

/** Of this process, so that no two processes give the same; made when the first id is. */
let prefix = "";
let made = 0;

/** The id that a believed peer gave in `X-Request-Id`, else a new one: random for the process, counted in it. */
export function readRequestId(header: string | undefined, isBelieved: () => boolean): string {
  return header !== undefined && VISIBLE.test(header) && isBelieved() ? header : makeRequestId();
}

/** No randomness for each request: that would cost more than the rest of the line that it appears in. */
function makeRequestId(): string {
  if (prefix === "") prefix = loadCrypto().randomBytes(6).toString("base64url");
  made += 1;
  return `${prefix}-${made.toString(36)}`;
}
