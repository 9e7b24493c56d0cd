/** The primary's part: keeps what the processes have counted, and adds it up for a scrape. */
import type { CapabilityHost, Channel } from "@packetron/core";
import { programStatus } from "@packetron/core/capability";
import type { FamilyReport } from "../series/families.ts";
import { Merged } from "../series/merge.ts";
import type { LocalMetrics } from "../sources/local-metrics.ts";
import { type KnownProcess, ProgramMetrics } from "../sources/program-metrics.ts";
import { Floor } from "./floor.ts";
import {
  CHANNEL,
  pagesOf,
  type Report,
  type ScrapeRequest,
  type ToPrimary,
  type ToWorker,
} from "./messages.ts";
import { EndedTotals, ProcessValues } from "./totals.ts";

/** How long a scrape waits for the reports of workers, in milliseconds. After that, the last values of a worker are used. */
const REPORT_TIMEOUT = 500;

/** How long the values of an ended process are kept apart, in milliseconds: its last report may still be on its way. */
const LATE_REPORT = 5_000;

/** What the primary has of a worker process. */
interface Entry extends KnownProcess {
  readonly values: ProcessValues;
  /** The number of the last question that it has answered. */
  answered: number;
  /** When it was first missing among the workers; `null` while it runs. */
  endedAt: number | null;
}

/** Collects the metrics of the program, in the primary or in the only process. */
export class Collector {
  readonly #host: CapabilityHost;
  readonly #local: LocalMetrics;
  readonly #channel: Channel<ToPrimary | ToWorker>;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #ended = new EndedTotals();
  readonly #program: ProgramMetrics;
  readonly #floor = new Floor();
  #lastQuestion = 0;
  /** Called when a worker has answered a question. */
  #onAnswer: () => void = () => undefined;
  #running: Promise<readonly FamilyReport[]> | null = null;
  #next: Promise<readonly FamilyReport[]> | null = null;

  constructor(host: CapabilityHost, local: LocalMetrics) {
    this.#host = host;
    this.#local = local;
    this.#program = new ProgramMetrics(host);
    this.#channel = host.channel(CHANNEL);
    this.#channel.receive("primary", (message) => {
      if (message.type === "report") this.#record(message);
      else if (message.type === "scrape") void this.#answer(message);
    });
  }

  /**
   * The metrics of the program now. Scrapes that arrive while another one runs share the next one: their values are not
   * older than they are themselves, and a flood of scrapes costs two of them.
   */
  scrape(): Promise<readonly FamilyReport[]> {
    if (this.#running !== null) {
      this.#next ??= this.#running.then(() => {
        this.#next = null;
        return this.scrape();
      });
      return this.#next;
    }
    this.#running = this.#collect().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #answer({ process: asked, worker, ticket }: ScrapeRequest): Promise<void> {
    try {
      for (const page of pagesOf(await this.scrape()))
        this.#channel.sendToWorkers({ type: "answer", process: asked, ticket, ...page }, worker);
    } catch (error) {
      this.#host.log.error({ err: error }, "the metrics of the program could not be collected");
    }
  }

  async #collect(): Promise<readonly FamilyReport[]> {
    const question = ++this.#lastQuestion;
    const [local] = await Promise.all([this.#local.read(true), this.#ask(question)]);
    const running = this.#findEnded();
    const stale = running.filter(({ answered }) => answered < question);
    const merged = new Merged();
    merged.add(this.#program.read(running, stale));
    merged.add(local);
    // Newest first: with other buckets after a reload, those of the new program count.
    for (const { values, endedAt } of [...this.#entries.values()].toReversed())
      merged.add(endedAt === null ? values.families() : values.cumulative());
    merged.add(this.#ended.families());
    const families = merged.families();
    this.#floor.raise(families);
    return families;
  }

  /** Asks each worker for a report, and resolves when all have answered, or after the time limit. */
  #ask(question: number): Promise<void> {
    const asked = this.#findEnded();
    const isAnswered = (): boolean => asked.every(({ answered }) => answered >= question);
    if (isAnswered()) return Promise.resolve();
    this.#channel.sendToWorkers({ type: "ask", question });
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, REPORT_TIMEOUT);
      this.#onAnswer = () => {
        if (!isAnswered()) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #record({ process: id, pid, worker, question, isLast, families }: Report): void {
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      entry = { pid, worker, values: new ProcessValues(), answered: 0, endedAt: null };
      this.#entries.set(id, entry);
      this.#findEnded(); // also without scrapes, the primary keeps few of the workers that have ended
    }
    entry.values.set(families);
    if (question === 0 || !isLast) return;
    entry.answered = question;
    this.#onAnswer();
  }

  /** Finds the processes that have ended, and adds those that ended some time ago to the totals. Returns the others. */
  #findEnded(): Entry[] {
    const alive = new Set(programStatus(this.#host)?.workers.map(({ pid }) => pid));
    const now = performance.now();
    const running: Entry[] = [];
    for (const [id, entry] of [...this.#entries].toReversed()) {
      // The newest process with an id is the one that runs: the system uses ids again.
      if (alive.delete(entry.pid) && entry.endedAt === null) {
        running.push(entry);
        continue;
      }
      entry.endedAt ??= now;
      if (now - entry.endedAt < LATE_REPORT) continue;
      this.#ended.add(entry.values.cumulative());
      this.#entries.delete(id);
    }
    return running;
  }
}
