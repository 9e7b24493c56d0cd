/** Reads the headers of a request without making Node's object of all headers, unless other code has asked for it. */
import { isHeaderName } from "../http/headers.ts";
import { http } from "../node/http.ts";
import type { PacketronRequest } from "./request.ts";

const nodeHeaders = Object.getOwnPropertyDescriptor(http.IncomingMessage.prototype, "headers") ?? {};

/**
 * The property `headers` of requests: returns Node's object, and records in `headersMade` that code has read `headers`.
 * A descriptor is used, because Node's types declare a property, which a class cannot override with a getter.
 */
export const headersProperty: PropertyDescriptor & ThisType<PacketronRequest> = {
  configurable: true,
  get() {
    this.headersMade = true;
    return nodeHeaders.get?.call(this);
  },
  set(value: unknown) {
    this.headersMade = true;
    nodeHeaders.set?.call(this, value);
  },
};

/** Returns the value of a header. Reads the raw lines, and Node's `headers` only if other code has used that object. */
export function readField(request: PacketronRequest, name: string): string | undefined {
  if (request.headersMade) return joined(request.headers[name]);
  const { rawHeaders } = request;
  let found: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (!isHeaderName(rawHeaders[index] ?? "", name)) continue;
    // Of two lines of one name, Node joins the values or keeps the first: it depends on the name.
    if (found !== undefined) return joined(request.headers[name]);
    found = rawHeaders[index + 1];
  }
  return found;
}

function joined(value: string | string[] | undefined): string | undefined {
  return typeof value === "object" ? value.join(", ") : value;
}
