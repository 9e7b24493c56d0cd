/** The IPC channel of a worker to the primary, one for all servers of the process, and how the process exits. */
import cluster from "node:cluster";
import { setTimeout as pause } from "node:timers/promises";
import { flushOutput } from "../../log/flush-output.ts";
import { createLogLimiter, type Logger } from "../../log/logger.ts";
import { createDeferred, type Deferred } from "../../node/deferred.ts";
import { isDebugged } from "../../node/modules.ts";
import { turns } from "../../node/turns.ts";
import { toReport } from "../ipc/error-report.ts";
import { IpcChannel, type PayloadMessage } from "../ipc/ipc-channel.ts";
import {
  type ChannelMessage,
  isPrimaryMessage,
  type PrimaryMessage,
  type PrimaryMessages,
  type WorkerMessage,
} from "../ipc/messages.ts";
import type { ReloadResult } from "../process/lifecycle.ts";
import { LoadMeter, type Traffic } from "../process/load-meter.ts";
import { REPORTS_PER_SECOND } from "../process/signals.ts";

/** A message of the primary for one server of this worker. */
export type ServerMessage = PrimaryMessage<Exclude<keyof PrimaryMessages, "quit" | "reloaded">>;

/** What the link to the primary needs of each server in this worker. */
export interface LinkedServer {
  readonly key: string;
  readonly log: Logger;
  /** The connections and requests of the server. */
  readonly traffic: Traffic;
  /** Whether the server drains, here or in every process. */
  readonly isDraining: boolean;
  /** Reports an uncaught exception to the program. */
  reportError(error: unknown): void;
  receive(message: ServerMessage, handle: unknown): void;
  /** Drains within the given times in milliseconds, by default those of the settings. Idempotent. Never rejects. */
  drain(idleGrace?: number, timeoutMs?: number): Promise<void>;
}

/** How long the primary may take to answer "stop-requested" or "leaving", in milliseconds. */
export const ANSWER_TIMEOUT = 2_000;

/**
 * The time limits of a worker whose primary has exited, in milliseconds. A port from which the primary accepted is
 * closed with it, but the worker's requests in flight may finish.
 */
const ORPHAN = { idleGrace: 100, drainTimeout: 1_500, exitAfter: 1_800 } as const;

/** The worker's end of the IPC channel. */
export class PrimaryLink {
  readonly #servers = new Map<string, LinkedServer>();
  readonly #channel: IpcChannel;
  readonly #limited = createLogLimiter();
  readonly #reports = createLogLimiter(REPORTS_PER_SECOND);
  readonly #reloads = new Map<number, Deferred<ReloadResult>>();
  /** The exit code of the process: 0, or 1 after an uncaught exception. */
  #exitCode = 0;
  #lastTicket = 0;
  #drainsOnErrors = false;
  #heartbeat: NodeJS.Timeout | undefined;
  #leaving: Promise<void> | undefined;

  constructor() {
    this.#channel = new IpcChannel(process, (message, handle) => this.#receive(message, handle));
    // Ctrl-C and SIGHUP reach every process of a terminal. The primary reacts to them for all workers.
    process.on("SIGINT", () => {});
    process.on("SIGHUP", () => {});
    process.on("SIGTERM", () => void this.leave());
    process.on("uncaughtExceptionMonitor", (error) => this.send({ type: "dying", error: toReport(error) }));
    const { worker } = cluster;
    worker?.once("disconnect", () => {
      // Without this, a listener of node:cluster exits the process now.
      worker.exitedAfterDisconnect = true;
      void this.#exitAsOrphan();
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

  /** Sends a message with a payload. Returns `false` when the primary has exited, or does not read. */
  sendIfRoom(message: PayloadMessage): boolean {
    return process.connected && this.#channel.sendIfRoom(message);
  }

  /**
   * Sends a heartbeat now and every `interval` milliseconds; 0 sends none. When the timer is late, the next request sends
   * the heartbeat: a worker that works is not silent.
   */
  startHeartbeat(interval: number): void {
    if (this.#heartbeat !== undefined || interval === 0) return;
    const meter = new LoadMeter();
    const traffic = (): Traffic[] => [...this.#servers.values()].map((server) => server.traffic);
    const sendHeartbeat = (): void => {
      this.send({ type: "heartbeat", debugged: isDebugged(), load: meter.read(traffic()) });
      turns.setAlarm(2 * interval, sendHeartbeat);
    };
    this.#heartbeat = setInterval(sendHeartbeat, interval).unref();
    sendHeartbeat();
  }

  /**
   * Makes the worker leave at an uncaught exception: another worker takes its slot, and requests in flight finish. To
   * be called once the worker is ready. A worker that is not ready has no requests, and Node's default ends its process
   * at once.
   */
  drainOnErrors(): void {
    if (this.#drainsOnErrors) return;
    this.#drainsOnErrors = true;
    process.on("uncaughtException", (error) => this.#onUncaught(error));
  }

  /** Requests a reload from the primary, and resolves with its result. */
  reload(): Promise<ReloadResult> {
    this.#lastTicket += 1;
    const answer = createDeferred<ReloadResult>();
    this.#reloads.set(this.#lastTicket, answer);
    this.send({ type: "reload", ticket: this.#lastTicket });
    return answer.promise;
  }

  /** Asks the primary to take this worker out of service. The process exits once every server in it has drained. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    this.send({ type: "leaving" });
    // The primary answers with "drain" for each server, after the connections that are on their way to this worker.
    await pause(ANSWER_TIMEOUT);
    // The primary has answered. If the program stops everywhere, the primary sends "drain" after `preDrainDelay`.
    if ([...this.#servers.values()].every((server) => server.isDraining)) return;
    await this.#drainAll();
    await this.#exit();
  }

  async #exitAsOrphan(): Promise<void> {
    for (const answer of this.#reloads.values())
      answer.resolve({ ok: false, generation: 0, reason: "the primary has exited" });
    setTimeout(() => process.exit(this.#exitCode), ORPHAN.exitAfter);
    await this.#drainAll(ORPHAN.idleGrace, ORPHAN.drainTimeout);
    await this.#exit();
  }

  async #exit(): Promise<void> {
    await flushOutput();
    process.exit(this.#exitCode);
  }

  /**
   * Makes the worker leave with exit code 1. Does nothing if the application has a listener of its own for uncaught
   * exceptions, which decides instead.
   */
  #onUncaught(error: unknown): void {
    if (process.listenerCount("uncaughtException") > 1) return;
    this.#exitCode = 1;
    const [first] = this.#servers.values();
    // The callback of an interval can throw again and again until the worker exits.
    this.#limited("uncaught", (leftOut) =>
      first?.log.error(
        { err: error, leftOut },
        "uncaught exception: this worker finishes the requests in flight, then exits",
      ),
    );
    this.#reports("uncaught", () => {
      for (const server of this.#servers.values()) server.reportError(error);
    });
    void this.leave();
  }

  async #drainAll(idleGrace?: number, timeoutMs?: number): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.drain(idleGrace, timeoutMs)));
  }

  #receive(message: unknown, handle: unknown): void {
    if (!isPrimaryMessage(message)) return;
    // Exits in the next turn of the event loop: code that awaits stop() runs first.
    if (message.type === "quit") setImmediate(() => this.#exit());
    else if (message.type === "reloaded") this.#reloaded(message.ticket, message);
    else this.#servers.get(message.key)?.receive(message, handle);
  }

  #reloaded(ticket: number, { generation, reason }: PrimaryMessages["reloaded"]): void {
    const answer = this.#reloads.get(ticket);
    this.#reloads.delete(ticket);
    answer?.resolve(reason === undefined ? { ok: true, generation } : { ok: false, generation, reason });
  }
}

let link: PrimaryLink | undefined;

/** Returns the link of this process. Makes it on the first call. */
export function linkToPrimary(): PrimaryLink {
  link ??= new PrimaryLink();
  return link;
}
