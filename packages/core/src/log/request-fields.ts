/** What a log line about a request says of it. Not its URL: queries hold what logs must not. */
import type { PacketronRequest } from "../message/request.ts";

/** Fields of a line. */
export interface RequestFields {
  readonly requestId: string;
  readonly method: string | undefined;
  /** As it was registered, `"GET /users/:id"`; none for a path that nobody has. */
  readonly route: string | undefined;
}

/** The fields of one request. */
export function requestFields(request: PacketronRequest): RequestFields {
  const { id, method, route } = request;
  return { requestId: id, method, route: route === null ? undefined : String(route) };
}
