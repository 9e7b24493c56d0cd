/** Runs a row with both ways of dispatch, and extracts the parts that must be equal. */
import { handleAtOnce } from "../_turns.ts";
import { Client, type Outcome } from "./_client.ts";
import { type Mode, modes, type Row, requestOf, type Watch, watches } from "./_row.ts";
import type { History, Site } from "./_site.ts";

/** Starts the server of a row. */
export type OpenSite = (row: Row, mode: Mode, watch: Watch) => Promise<Site>;

/** The complete result of a row with one way of dispatch. */
export interface Performance {
  readonly outcome: Outcome | string;
  readonly history: History;
}

/** The results of a row with both ways of dispatch, with listeners attached at one instant. */
export interface Comparison {
  readonly watch: Watch;
  /** Whether the requests may see different things; then only answers and reports are compared. */
  readonly differs?: boolean;
  readonly standard: Performance;
  readonly direct: Performance;
}

// On a busy machine a turn can be long with one way of dispatch alone. Requests are deferred where a test says so.
handleAtOnce();

/** Runs a row once for each instant at which it attaches listeners. */
export async function compareRow(row: Row, open: OpenSite, tls = false): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const watch of watchesOf(row)) {
    const [standard, direct] = await Promise.all(
      modes.map((mode) => performRow(row, open, mode, watch, tls)),
    );
    if (standard === undefined || direct === undefined) throw new Error("there are two ways");
    comparisons.push({ watch, differs: row.differs !== undefined, standard, direct });
  }
  return comparisons;
}

/** The instants of the short runs: without listeners, and with listeners attached after a direct answer. */
const usual: readonly Watch[] = ["never", "after"];

function watchesOf(row: Row): readonly Watch[] {
  const { watches: possible = watches } = row;
  const wanted = possible.filter(
    (watch) => process.env["PACKETRON_TEST_FULL"] !== undefined || usual.includes(watch),
  );
  return wanted.length === 0 ? possible : wanted;
}

/** The comparable results of standard dispatch. They must equal those of {@link directOf}. */
export function standardOf(comparisons: readonly Comparison[]): object[] {
  return comparisons.map(({ watch, differs, standard }) => ({
    watch,
    ...comparable(standard, watch, differs),
  }));
}

/** The comparable results of direct dispatch. They must equal those of {@link standardOf}. */
export function directOf(comparisons: readonly Comparison[]): object[] {
  return comparisons.map(({ watch, differs, direct }) => ({ watch, ...comparable(direct, watch, differs) }));
}

/**
 * The comparable part of a result. Some properties of `node:http` depend on what else arrived with the same read, so no
 * program can rely on them; they are left out. In `node:http`, the answer of a second request has no socket, and emits no
 * `finish`, until the first is flushed. So the socket of an unfinished response is not compared, and the events of request
 * and response after an answer are compared separately. Two differences of direct answers are intended: they have the
 * properties of finished ones at once, a tick before Node would set them, and late listeners still get their events.
 */
function comparable({ outcome, history }: Performance, watch: Watch, differs = false): object {
  const { settled } = history;
  if (differs) return { outcome, server: history.server, settled, requests: history.requests.length };
  const requests = history.requests.map((lines) =>
    lines.filter((line) => watch !== "late" || !TOLD_LATE.test(line)).map(withoutQueue),
  );
  return {
    outcome,
    server: history.server,
    settled,
    requests: watch.endsWith("before")
      ? requests
      : requests.map((lines) => [lines.filter((line) => !isOfRequest(line)), lines.filter(isOfRequest)]),
  };
}

/** The snapshots right after an answer. */
const EARLY = /^(after the handler|after end\(\)|sent|destroyed|a turn later|a turn on): /;
const TICKS = /^(after the handler|sent|destroyed|on finish): headersSent writableEnded /;

/** The events that a late listener gets once more after a direct answer. */
const TOLD_LATE = /^(response finish|on finish: .*|response close|request end|request close)$/;

function withoutQueue(line: string): string {
  const queued = EARLY.test(line) ? line.replace(/ socket=\w+ head=/, " head=") : line;
  const [response = "", request = ""] = queued.split(" | ");
  return TICKS.test(queued)
    ? `${response.replace(/ !?(writableFinished|destroyed|closed)\b/g, "")} | ${request}`
    : queued;
}

function isOfRequest(line: string): boolean {
  return /^(request |finished\(request\))/.test(line);
}

/**
 * The comparable part of a result with deferred requests. A request that has arrived as a whole ends with its direct
 * answer, and in Node a few ticks later; a body that the handler never reads is not read by a direct answer.
 */
export function whenDeferred(side: readonly object[]): unknown {
  const text = JSON.stringify(side);
  return JSON.parse(text.replace(REQUEST_AFTER_HANDLER, "").replace(/ !?readableDidRead\b/g, ""));
}

const REQUEST_AFTER_HANDLER = /(?<="after the handler: [^"|]*\|)[^"]*/g;

/** Runs a row with one way of dispatch. */
export async function performRow(
  row: Row,
  open: OpenSite,
  mode: Mode,
  watch: Watch,
  tls = false,
): Promise<Performance> {
  const site = await open(row, mode, watch);
  const client = await Client.connect(site, tls);
  let outcome: Outcome | string;
  try {
    if (row.client === undefined) await client.send(requestOf("GET /")).answers(1);
    else await row.client(client);
    outcome = await client.finish(row.closes);
  } catch (error) {
    outcome = String(error);
    client.socket.destroy();
  }
  return { outcome, history: await site.close() };
}
