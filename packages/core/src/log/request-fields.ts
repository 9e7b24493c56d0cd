/** The fields of log lines about a request. They leave out the URL, because a query may hold a secret. */

/** The parts of a request that a log line shows. */
export interface LoggedRequest {
  readonly id: string;
  readonly method?: string | undefined;
  readonly route: { toString(): string } | null;
}

/** The fields of a log line about a request. */
export interface RequestFields {
  readonly requestId: string;
  readonly method: string | undefined;
  /** The route as it was registered, `"GET /users/:id"`; `undefined` for a path without a route. */
  readonly route: string | undefined;
}

/** Makes the log fields of one request. */
export function requestFields(request: LoggedRequest): RequestFields {
  const { id, method, route } = request;
  return { requestId: id, method, route: route === null ? undefined : String(route) };
}
