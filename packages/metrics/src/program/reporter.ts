/** A worker's part: reports what it has counted to the primary, and asks the primary for the metrics of the program. */
import { randomUUID } from "node:crypto";
import type { CapabilityHost, Channel } from "@packetron/core";
import { metricsError } from "../errors.ts";
import type { FamilyReport } from "../series/families.ts";
import type { LocalMetrics } from "../sources/local-metrics.ts";
import { ChangeFilter } from "./change-filter.ts";
import { CHANNEL, pagesOf, type ScrapeAnswer, type ToPrimary, type ToWorker } from "./messages.ts";

/** The time between two reports, in milliseconds: a worker that is killed loses at most what it counted since. */
const INTERVAL = 1_000;

/** How long the primary may take to answer, in milliseconds. */
const ANSWER_TIMEOUT = 3_000;

/** An answer of the primary that is awaited. */
interface Waiting {
  readonly families: FamilyReport[];
  resolve(families: readonly FamilyReport[]): void;
}

/** Reports the metrics of a worker. */
export class Reporter {
  readonly #host: CapabilityHost;
  readonly #local: LocalMetrics;
  readonly #channel: Channel<ToPrimary | ToWorker>;
  readonly #process = randomUUID();
  readonly #changes = new ChangeFilter();
  readonly #waiting = new Map<number, Waiting>();
  #lastTicket = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: CapabilityHost, local: LocalMetrics) {
    this.#host = host;
    this.#local = local;
    this.#channel = host.channel(CHANNEL);
    this.#channel.receive("worker", (message) => {
      if (message.type === "ask") void this.#report(message.question, true);
      else if (message.type === "answer") this.#answered(message);
    });
  }

  /** Reports now and from now on. The first report comes before the first request, so the primary knows each worker. */
  start(): void {
    this.#send(0, this.#local.readOwn());
    this.#timer = setInterval(() => void this.#report(0, false), INTERVAL).unref();
    // process.exit() of the program ends a worker without `stop()`. The system takes a small message at once.
    process.once("exit", this.#reportLast);
  }

  /** Sends the last report of a worker that ends in order. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    process.off("exit", this.#reportLast);
    await this.#report(0, true);
  }

  /** Asks for the metrics of the program. @throws PKT_METRICS_UNAVAILABLE */
  scrape(): Promise<readonly FamilyReport[]> {
    const ticket = ++this.#lastTicket;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(ticket);
        reject(metricsError("PKT_METRICS_UNAVAILABLE", { seconds: ANSWER_TIMEOUT / 1_000 }));
      }, ANSWER_TIMEOUT);
      const settle = (families: readonly FamilyReport[]): void => {
        clearTimeout(timer);
        resolve(families);
      };
      this.#waiting.set(ticket, { families: [], resolve: settle });
      const { workerId: worker } = this.#host.server;
      this.#channel.sendToPrimary({ type: "scrape", process: this.#process, worker, ticket });
    });
  }

  readonly #reportLast = (): void => this.#send(0, this.#local.readOwn());

  async #report(question: number, isScrape: boolean): Promise<void> {
    this.#send(question, await this.#local.read(isScrape));
  }

  /** Sends what has changed. What cannot be sent is sent with the next report, since each has whole values. */
  #send(question: number, families: readonly FamilyReport[]): void {
    const { workerId: worker } = this.#host.server;
    const changed = this.#changes.pick(families);
    try {
      for (const page of pagesOf(changed))
        this.#channel.sendToPrimary({
          type: "report",
          process: this.#process,
          pid: process.pid,
          worker,
          question,
          ...page,
        });
      this.#changes.commit(changed);
    } catch (error) {
      this.#host.log.debug({ err: error }, "the primary does not read the metrics of this worker");
    }
  }

  #answered({ process: asked, ticket, families, isLast }: ScrapeAnswer): void {
    const waiting = asked === this.#process ? this.#waiting.get(ticket) : undefined;
    if (waiting === undefined) return;
    waiting.families.push(...families);
    if (!isLast) return;
    this.#waiting.delete(ticket);
    waiting.resolve(waiting.families);
  }
}
