/** The bodies that tests expect of refusals. */
import { STATUS_CODES } from "node:http";

/** The text of the problem document of a status, with further fields. */
export function problem(status: number, fields: object = {}): string {
  return JSON.stringify({ type: "about:blank", title: STATUS_CODES[status], status, ...fields });
}
