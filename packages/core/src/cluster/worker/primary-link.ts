/** The worker process as a whole: its IPC channel to the primary, one for all servers, and how the process exits. */
import cluster from "node:cluster";
import { setTimeout as pause } from "node:timers/promises";
import { flushOutput } from "../../log/flush-output.ts";
import { createLogLimiter, type Logger } from "../../log/logger.ts";
import { createDeferred, type Deferred } from "../../node/deferred.ts";
import { isDebugged } from "../../node/modules.ts";
import { toReport } from "../ipc/error-report.ts";
import { IpcChannel } from "../ipc/ipc-channel.ts";
import {
  type ChannelMessage,
  isPrimaryMessage,
  type PrimaryMessage,
  type WorkerMessage,
} from "../ipc/messages.ts";
import type { ReloadResult } from "../process/lifecycle.ts";
import { LoadMeter, type Traffic } from "../process/load-meter.ts";

type Outcome = Pick<Extract<PrimaryMessage, { readonly type: "reloaded" }>, "generation" | "reason">;

/** What concerns one server. */
export type ServerMessage = Exclude<PrimaryMessage, { readonly type: "quit" | "reloaded" }>;

/** A server of this process, as the link sees it. */
export interface LinkedServer {
  readonly key: string;
  readonly log: Logger;
  /** What it has to do now. */
  readonly traffic: Traffic;
  /** Whether the primary has said that the server is about to stop everywhere. */
  readonly stopsSoon: boolean;
  /** An error that nobody caught. */
  tellError(error: unknown): void;
  received(message: ServerMessage, handle: unknown): void;
  /** Drains, within its settings or those given in milliseconds; idempotent, never rejects. */
  drain(idleGrace?: number, patience?: number): Promise<void>;
}

/** How long the primary may take to answer a wish to end, in milliseconds. */
export const ANSWER_WITHIN = 2_000;

/** Without a primary the port is closed already; what is in flight gets this long, in milliseconds. */
const ORPHAN = { idleGrace: 100, patience: 1_500, atMost: 1_800 } as const;

/** The worker's end of the IPC channel. */
export class PrimaryLink {
  readonly #servers = new Map<string, LinkedServer>();
  readonly #channel: IpcChannel;
  readonly #limited = createLogLimiter();
  readonly #reloads = new Map<number, Deferred<ReloadResult>>();
  /** The code that the process ends with: 1 once an error that nobody caught has ended its service. */
  #exitCode = 0;
  #tickets = 0;
  #surviving = false;
  #beating: NodeJS.Timeout | undefined;
  #leaving: Promise<void> | undefined;

  constructor() {
    this.#channel = new IpcChannel(process, (message, handle) => this.#received(message, handle));
    // Ctrl-C reaches every process of the terminal; the primary decides what it means. The same with a hang-up.
    process.on("SIGINT", () => {});
    process.on("SIGHUP", () => {});
    process.on("SIGTERM", () => void this.leave());
    process.on("uncaughtExceptionMonitor", (error) => this.send({ type: "dying", error: toReport(error) }));
    const { worker } = cluster;
    worker?.once("disconnect", () => {
      // Unless told that this was meant, node:cluster ends the process in this very event.
      worker.exitedAfterDisconnect = true;
      void this.#endAsOrphan();
    });
  }

  add(server: LinkedServer): void {
    this.#servers.set(server.key, server);
  }

  send(message: WorkerMessage): void {
    this.#channel.send(message);
  }

  /** @throws PKT_CLUSTER_MESSAGE when the primary does not read. */
  sendBounded(message: ChannelMessage): void {
    this.#channel.sendBounded(message);
  }

  /** Says that this process is alive, from now on and every so many milliseconds; 0 is never. */
  beat(interval: number): void {
    if (this.#beating !== undefined || interval === 0) return;
    const meter = new LoadMeter();
    const traffic = (): Traffic[] => [...this.#servers.values()].map((server) => server.traffic);
    const beat = (): void =>
      this.send({ type: "heartbeat", debugged: isDebugged(), load: meter.read(traffic()) });
    this.#beating = setInterval(beat, interval).unref();
    beat();
  }

  /**
   * From now on an error that nobody caught is not the end at once: the worker takes no more connections, a replacement
   * starts, and what is in flight is finished. Before a worker is ready there is nothing to finish, and Node's own way is best.
   */
  surviveErrors(): void {
    if (this.#surviving) return;
    this.#surviving = true;
    process.on("uncaughtException", (error) => this.#onUncaught(error));
  }

  /** Asks the primary for a reload. */
  reload(): Promise<ReloadResult> {
    this.#tickets += 1;
    const answer = createDeferred<ReloadResult>();
    this.#reloads.set(this.#tickets, answer);
    this.send({ type: "reload", ticket: this.#tickets });
    return answer.promise;
  }

  /** Asks the primary to take this process out; resolves when every server has drained. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    this.send({ type: "leaving" });
    // The primary answers by stopping each server, after the connections that are on their way here.
    await pause(ANSWER_WITHIN);
    // It does so in its own time when everything stops.
    if ([...this.#servers.values()].every((server) => server.stopsSoon)) return;
    await this.#drainAll();
    await this.#exit();
  }

  async #endAsOrphan(): Promise<void> {
    for (const answer of this.#reloads.values())
      answer.resolve({ ok: false, generation: 0, reason: "the primary is gone" });
    setTimeout(() => process.exit(this.#exitCode), ORPHAN.atMost);
    await this.#drainAll(ORPHAN.idleGrace, ORPHAN.patience);
    await this.#exit();
  }

  async #exit(): Promise<void> {
    await flushOutput();
    process.exit(this.#exitCode);
  }

  /** A listener of the application makes it the application's business, as it would be without Packetron. */
  #onUncaught(error: unknown): void {
    if (process.listenerCount("uncaughtException") > 1) return;
    this.#exitCode = 1;
    const [first] = this.#servers.values();
    // What throws in an interval throws again until the worker has ended.
    this.#limited("uncaught", (leftOut) =>
      first?.log.error(
        { err: error, leftOut },
        "an error was not caught: this worker finishes what it has, and ends",
      ),
    );
    for (const server of this.#servers.values()) server.tellError(error);
    void this.leave();
  }

  async #drainAll(idleGrace?: number, patience?: number): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.drain(idleGrace, patience)));
  }

  #received(message: unknown, handle: unknown): void {
    if (!isPrimaryMessage(message)) return;
    // In the next turn: whoever waits for its `stop()` hears of it first.
    if (message.type === "quit") setImmediate(() => this.#exit());
    else if (message.type === "reloaded") this.#reloaded(message.ticket, message);
    else this.#servers.get(message.key)?.received(message, handle);
  }

  #reloaded(ticket: number, { generation, reason }: Outcome): void {
    const answer = this.#reloads.get(ticket);
    this.#reloads.delete(ticket);
    answer?.resolve(reason === undefined ? { ok: true, generation } : { ok: false, generation, reason });
  }
}

let link: PrimaryLink | undefined;

/** The link of this process; made on the first call. */
export function linkToPrimary(): PrimaryLink {
  link ??= new PrimaryLink();
  return link;
}
