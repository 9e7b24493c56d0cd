/** What the processes of a program say to each other about metrics, on one channel. */
import type { FamilyReport } from "../series/families.ts";

/** The name of the channel. */
export const CHANNEL = "packetron:metrics";

/** The series of one message: a message may have 1 MiB, and a histogram with long labels some hundred bytes a series. */
const MAX_SERIES = 1_000;

/** A message of a worker to the primary. */
export type ToPrimary = Report | ScrapeRequest;

/** The series of a worker whose values have changed, as whole values. */
export interface Report {
  readonly type: "report";
  /** The process: worker ids and process ids are used again. */
  readonly process: string;
  readonly pid: number;
  readonly worker: number;
  /** The number of the question that this answers; 0 for a report without one. */
  readonly question: number;
  /** Whether no further message belongs to this report. */
  readonly isLast: boolean;
  readonly families: readonly FamilyReport[];
}

/** Asks the primary for the metrics of the program. */
export interface ScrapeRequest {
  readonly type: "scrape";
  readonly process: string;
  readonly worker: number;
  readonly ticket: number;
}

/** A message of the primary to workers. */
export type ToWorker = ReportRequest | ScrapeAnswer;

/** Asks each worker for a report now. */
export interface ReportRequest {
  readonly type: "ask";
  readonly question: number;
}

/** The metrics of the program, for the process that asked with this ticket. */
export interface ScrapeAnswer {
  readonly type: "answer";
  readonly process: string;
  readonly ticket: number;
  readonly isLast: boolean;
  readonly families: readonly FamilyReport[];
}

/** Splits families into parts that fit into a message; at least one part. */
export function* pagesOf(
  families: readonly FamilyReport[],
): IterableIterator<{ readonly families: readonly FamilyReport[]; readonly isLast: boolean }> {
  let page: FamilyReport[] = [];
  let room = MAX_SERIES;
  for (const family of families) {
    for (let start = 0; start < family.series.length; ) {
      const series = family.series.slice(start, start + room);
      page.push({ ...family, series });
      start += series.length;
      room -= series.length;
      if (room > 0) continue;
      yield { families: page, isLast: false };
      page = [];
      room = MAX_SERIES;
    }
  }
  yield { families: page, isLast: true };
}
