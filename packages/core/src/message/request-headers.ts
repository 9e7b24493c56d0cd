/** The headers of a request: one of them without an object of all, and whether middleware may have changed that object. */
import { isHeaderName } from "../http/headers.ts";
import { http } from "../node/http.ts";
import type { PacketronRequest } from "./request.ts";

const nodeHeaders = Object.getOwnPropertyDescriptor(http.IncomingMessage.prototype, "headers") ?? {};

/** Node's `headers`, which notes that it was used. Node's types call it a property, which a class cannot turn into a getter. */
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

/** The value of a header; does not make `headers` where no code has asked for it. */
export function readField(request: PacketronRequest, name: string): string | undefined {
  if (request.headersMade) return joined(request.headers[name]);
  const { rawHeaders } = request;
  let found: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (!isHeaderName(rawHeaders[index] ?? "", name)) continue;
    if (found !== undefined) return joined(request.headers[name]); // Node knows which names are joined
    found = rawHeaders[index + 1];
  }
  return found;
}

function joined(value: string | string[] | undefined): string | undefined {
  return typeof value === "object" ? value.join(", ") : value;
}
