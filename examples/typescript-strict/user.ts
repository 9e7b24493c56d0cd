/** Who sends a request. */
import { PacketronPlugin, type PacketronRequest, refuse } from "packetron";

export interface User {
  readonly name: string;
  readonly role: "reader" | "editor";
}

declare module "packetron" {
  interface PacketronRequest {
    /** Set by the plugin {@link login}; absent on routes without it. */
    user?: User;
  }
}

const users: ReadonlyMap<string, User> = new Map([
  ["ada-token", { name: "Ada", role: "editor" }],
  ["bob-token", { name: "Bob", role: "reader" }],
]);

/** Refuses a request without a known token. */
export const login: PacketronPlugin = PacketronPlugin.create({
  name: "login",
  handler(request, response) {
    const user = users.get(request.headers.authorization?.replace(/^Bearer /, "") ?? "");
    if (user === undefined) return refuse(response, 401, { "WWW-Authenticate": "Bearer" });
    request.user = user;
  },
});

/** The user of a request on a route with {@link login}. Throws on another one: that is a mistake of the program. */
export function userOf(request: PacketronRequest): User {
  if (request.user === undefined) throw new Error("The route needs the plugin login.");
  return request.user;
}
