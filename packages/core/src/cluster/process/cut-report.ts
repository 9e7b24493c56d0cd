/** Counts and names what a server cut when it drained, for the log: requests without an answer, open connections. */
import type { IncomingMessage } from "node:http";
import type { Logger } from "../../log/logger.ts";

/** What was cut, in one process or added up over several. */
export interface CutReport {
  /** How many requests got no complete answer. */
  readonly requests: number;
  /** How many further connections were still open. */
  readonly connections: number;
  /** Method and path of the requests, each name once, at most {@link MAX_NAMES}. */
  readonly names: readonly string[];
}

/** What a report shows of a request. */
export type NamedRequest = Pick<IncomingMessage, "method" | "url">;

/** The report of a drain that had to cut nothing. */
export const NOTHING_CUT: CutReport = Object.freeze({ requests: 0, connections: 0, names: [] });

/** How many different names a report has. Clients choose paths, so the number and the length have a limit. */
export const MAX_NAMES = 6;

/** How many names a log line shows. A report has one more, which shows that names are left out. */
const SHOWN_NAMES = MAX_NAMES - 1;

/** The longest name, in characters. */
export const MAX_NAME_LENGTH = 80;

/** Counts and names requests, the part of a report that is about them. */
export function countRequests(requests: readonly NamedRequest[]): Pick<CutReport, "requests" | "names"> {
  const names = new Set(requests.map(nameRequest));
  return { requests: requests.length, names: [...names].slice(0, MAX_NAMES) };
}

/** Names a request by its method and its path. The query is left out, because it can contain secrets. */
function nameRequest({ method = "", url = "" }: NamedRequest): string {
  const [path = ""] = url.split("?", 1);
  return `${method} ${path}`.slice(0, MAX_NAME_LENGTH);
}

/** Adds reports up. */
export function addCuts(reports: readonly CutReport[]): CutReport {
  const names = new Set(reports.flatMap((report) => report.names));
  return {
    requests: reports.reduce((sum, { requests }) => sum + requests, 0),
    connections: reports.reduce((sum, { connections }) => sum + connections, 0),
    names: [...names].slice(0, MAX_NAMES),
  };
}

/**
 * Logs what was cut, in one line; logs nothing if nothing was cut.
 *
 * @param timeoutMs The time limit of the drain.
 * @param where The beginning of the line, such as `"worker 2: "`.
 */
export function logCuts(log: Logger, report: CutReport, timeoutMs: number, where = ""): void {
  const { requests, connections } = report;
  if (requests + connections > 0)
    log.warn({ requests, connections }, `${where}${describeCuts(report, timeoutMs)}`);
}

/** Describes what was cut: `"2 requests were cut after 25 s: GET /hang, POST /slow"`. */
export function describeCuts({ requests, connections, names }: CutReport, timeoutMs: number): string {
  const counts: string[] = [];
  if (requests > 0) counts.push(countOf(requests, "request"));
  if (connections > 0) counts.push(countOf(connections, requests > 0 ? "other connection" : "connection"));
  const verb = requests + connections === 1 ? "was" : "were";
  const shown = names.length > SHOWN_NAMES ? [...names.slice(0, SHOWN_NAMES), "…"] : names;
  const list = shown.length === 0 ? "" : `: ${shown.join(", ")}`;
  return `${counts.join(" and ")} ${verb} cut after ${inSeconds(timeoutMs)}${list}`;
}

/** Writes a number with its noun: `"1 request"`, `"2 requests"`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Writes milliseconds as seconds: `"25 s"`, `"0.2 s"`. */
export function inSeconds(milliseconds: number): string {
  return `${Number((milliseconds / 1_000).toFixed(1))} s`;
}
