/** Problem documents (RFC 9457): the bodies of the answers that Packetron gives in the handler's place. */
import { http } from "../node/http.ts";

/** The media type of a problem document. */
export const PROBLEM_TYPE = "application/problem+json";

/** What a problem document says beside its type, title and status. */
export type ProblemFields = Readonly<Record<string, unknown>>;

/** The documents without further fields, by status. */
const plain: (string | undefined)[] = [];

/** Returns the problem document of a status as JSON. */
export function problemText(status: number, fields: ProblemFields | null = null): string {
  if (fields === null) return (plain[status] ??= textOf(status, null));
  return textOf(status, fields);
}

function textOf(status: number, fields: ProblemFields | null): string {
  // RFC 9457 section 4.2.1: with "about:blank", the title is the reason phrase.
  return JSON.stringify({ type: "about:blank", title: reasonOf(status), status, ...fields });
}

/** The reason phrase of a status. */
export function reasonOf(status: number): string {
  return http.STATUS_CODES[status] ?? "Error";
}
