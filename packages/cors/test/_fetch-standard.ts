/** What a browser does with the answers of a server, by the steps of the fetch standard (fetch.spec.whatwg.org). */
import type { Packetron } from "@packetron/core";
import type { HttpAnswer } from "../../core/test/_client.ts";
import { ask, preflight } from "./_server.ts";

/** A request of a page. */
export interface PageRequest {
  readonly origin: string;
  readonly path?: string;
  readonly method?: string;
  /** Headers that need a preflight. */
  readonly headers?: readonly string[];
  readonly credentials?: boolean;
}

/** What the page sees: the status that it can read, or where the request failed. */
export type Seen = number | "preflight failed" | "not readable";

const SAFELISTED_METHODS = ["GET", "HEAD", "POST"];

/** Section 4.5, "HTTP fetch", for a request with the mode "cors" to another origin. */
export async function fetchAs(server: Packetron, request: PageRequest): Promise<Seen> {
  const { origin, path = "/data", method = "GET", headers = [], credentials = false } = request;
  if (!SAFELISTED_METHODS.includes(method) || headers.length > 0) {
    const sorted = headers.map((name) => name.toLowerCase()).toSorted();
    const answer = await preflight(server, path, origin, method, sorted);
    if (!passesPreflight(answer, request)) return "preflight failed";
  }
  const own = Object.fromEntries(headers.map((name) => [name, "a"]));
  const answer = await ask(server, method, path, { Origin: origin, ...own });
  return passesCheck(answer, origin, credentials) ? answer.status : "not readable";
}

/** Section 4.9, "CORS check". */
function passesCheck({ headers }: HttpAnswer, origin: string, credentials: boolean): boolean {
  const allowed = headers["access-control-allow-origin"];
  if (allowed === undefined) return false;
  if (!credentials && allowed === "*") return true;
  if (allowed !== origin) return false;
  return !credentials || headers["access-control-allow-credentials"] === "true";
}

/** Section 4.8, "CORS-preflight fetch", from step 7. */
function passesPreflight(answer: HttpAnswer, request: PageRequest): boolean {
  const { origin, method = "GET", headers = [], credentials = false } = request;
  if (!passesCheck(answer, origin, credentials) || answer.status < 200 || answer.status > 299) return false;
  const methods = list(answer.headers["access-control-allow-methods"]);
  const names = list(answer.headers["access-control-allow-headers"]).map((name) => name.toLowerCase());
  const isAnyMethod = methods.includes("*") && !credentials;
  if (!methods.includes(method) && !SAFELISTED_METHODS.includes(method) && !isAnyMethod) return false;
  return headers.every((header) => {
    const name = header.toLowerCase();
    if (name === "authorization") return names.includes(name);
    return names.includes(name) || (names.includes("*") && !credentials);
  });
}

function list(value: string | undefined): string[] {
  return (value ?? "").split(",").map((member) => member.trim());
}
