import { defineConstants } from "../errors/define-constants.ts";

/**
 * The request methods that a route can answer, as small integers. The router keeps one table for each method, and the
 * integer is the index of the table. The first five integers are the same as in the original Packetron, and never
 * change.
 *
 * @example
 * server.handle({ method: PacketronRequestMethod.POST, routePath: "orders", handler: createOrder });
 */
export const PacketronRequestMethod: {
  readonly GET: 0;
  readonly POST: 1;
  readonly PUT: 2;
  readonly DELETE: 3;
  readonly HEAD: 4;
  readonly PATCH: 5;
  readonly OPTIONS: 6;
} = defineConstants("PacketronRequestMethod", {
  GET: 0,
  POST: 1,
  PUT: 2,
  DELETE: 3,
  HEAD: 4,
  PATCH: 5,
  OPTIONS: 6,
});

/** One value of {@link PacketronRequestMethod}. */
export type RequestMethod = (typeof PacketronRequestMethod)[keyof typeof PacketronRequestMethod];

/** The name of each method, by the integer of the method: `methodNames[PacketronRequestMethod.PUT] === "PUT"`. */
export const methodNames: readonly string[] = Object.freeze(Object.keys(PacketronRequestMethod));

/**
 * Returns the integer of a method name as it stands in the request line (upper case, RFC 9110 section 9.1); -1 for a
 * method that a route cannot answer. The code is a `switch` because it runs for every request, and V8 compares interned
 * strings by pointer.
 */
export function methodIndex(name: string | undefined): RequestMethod | -1 {
  switch (name) {
    case "GET":
      return 0;
    case "POST":
      return 1;
    case "PUT":
      return 2;
    case "DELETE":
      return 3;
    case "HEAD":
      return 4;
    case "PATCH":
      return 5;
    case "OPTIONS":
      return 6;
    default:
      return -1;
  }
}
