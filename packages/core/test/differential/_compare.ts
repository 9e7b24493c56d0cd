/** Runs a row in both ways of dispatch and gives what is to be equal. */
import { Client, type Outcome } from "./_client.ts";
import { type Mode, modes, type Row, requestOf, type Watch, watches } from "./_row.ts";
import type { History, Site } from "./_site.ts";

/** Starts the server of a row. */
export type OpenSite = (row: Row, mode: Mode, watch: Watch) => Promise<Site>;

/** Everything about a row in one way of dispatch. */
export interface Performance {
  readonly outcome: Outcome | string;
  readonly history: History;
}

/** A row with listeners at one instant, in both ways. */
export interface Comparison {
  readonly watch: Watch;
  /** Whether requests may see different things. */
  readonly differs?: boolean;
  readonly standard: Performance;
  readonly direct: Performance;
}

/** Runs a row with listeners at every instant that it asks for. */
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

/** The instants where the long runs are not asked for: without listeners, and with those that come behind a direct answer. */
const usual: readonly Watch[] = ["never", "after"];

function watchesOf(row: Row): readonly Watch[] {
  const { watches: possible = watches } = row;
  const wanted = possible.filter(
    (watch) => process.env["PACKETRON_TEST_FULL"] !== undefined || usual.includes(watch),
  );
  return wanted.length === 0 ? possible : wanted;
}

/** What two performances have to have in common: all but {@link comparable}. */
export function standardOf(comparisons: readonly Comparison[]): object[] {
  return comparisons.map(({ watch, differs, standard }) => ({
    watch,
    ...comparable(standard, watch, differs),
  }));
}

/** The other side of {@link standardOf}. */
export function directOf(comparisons: readonly Comparison[]): object[] {
  return comparisons.map(({ watch, differs, direct }) => ({ watch, ...comparable(direct, watch, differs) }));
}

/**
 * What nobody can rely on in `node:http` itself, because it depends on what else came with the same read: the answer of a
 * second request has no socket, and tells no `finish`, until the first is out. So a response may have its socket or not
 * as long as it is not finished, and the events of request and response behind an answer are compared each for
 * themselves. And the two promises of direct answers: they look finished at once, a tick before Node would say so, and who
 * listens late is told all the same.
 */
function comparable({ outcome, history }: Performance, watch: Watch, differs = false): object {
  if (differs) return { outcome, server: history.server, requests: history.requests.length };
  const requests = history.requests.map((lines) =>
    lines.filter((line) => watch !== "late" || !TOLD_LATE.test(line)).map(withoutQueue),
  );
  return {
    outcome,
    server: history.server,
    requests: watch.endsWith("before")
      ? requests
      : requests.map((lines) => [lines.filter((line) => !isOfRequest(line)), lines.filter(isOfRequest)]),
  };
}

/** Of the instants right behind an answer. */
const EARLY = /^(behind the handler|behind end\(\)|sent|destroyed|a turn later|a turn on): /;
const TICKS = /^(behind the handler|sent|destroyed|on finish): headersSent writableEnded /;

/** What a listener that comes late is told once more behind a direct answer. */
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

/** Runs a row in one way. */
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
