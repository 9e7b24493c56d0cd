/** What a log line about a request says of it. Not its URL: queries hold what logs must not. */

/** What is read of a request. */
export interface LoggedRequest {
  readonly id: string;
  readonly method?: string | undefined;
  readonly route: { toString(): string } | null;
}

/** Fields of a line. */
export interface RequestFields {
  readonly requestId: string;
  readonly method: string | undefined;
  /** As it was registered, `"GET /users/:id"`; none for a path that nobody has. */
  readonly route: string | undefined;
}

/** The fields of one request. */
export function requestFields(request: LoggedRequest): RequestFields {
  const { id, method, route } = request;
  return { requestId: id, method, route: route === null ? undefined : String(route) };
}
