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
  type PrimaryMessages,
  type WorkerMessage,
} from "../ipc/messages.ts";
import type { ReloadResult } from "../process/lifecycle.ts";
import { LoadMeter, type Traffic } from "../process/load-meter.ts";

/** A message for one server. */
export type ServerMessage = PrimaryMessage<Exclude<keyof PrimaryMessages, "quit" | "reloaded">>;

/** A server of this process, as the link sees it. */
export interface LinkedServer {
  readonly key: string;
  readonly log: Logger;
  /** Its connections and requests. */
  readonly traffic: Traffic;
  /** Whether the server drains, here or in every process. */
  readonly isDraining: boolean;
  /** Reports an uncaught exception to the program. */
  reportError(error: unknown): void;
  receive(message: ServerMessage, handle: unknown): void;
  /** Drains within the times of its settings, or the given ones in milliseconds. Idempotent. Never rejects. */
  drain(idleGrace?: number, timeoutMs?: number): Promise<void>;
}

/** How long the primary may take to answer a request to stop or to leave, in milliseconds. */
export const ANSWER_TIMEOUT = 2_000;

/** Times of a worker whose primary has exited, in milliseconds: the port is closed, requests in flight may finish. */
const ORPHAN = { idleGrace: 100, drainTimeout: 1_500, exitAfter: 1_800 } as const;

/** The worker's end of the IPC channel. */
export class PrimaryLink {
  readonly #servers = new Map<string, LinkedServer>();
  readonly #channel: IpcChannel;
  readonly #limited = createLogLimiter();
  readonly #reloads = new Map<number, Deferred<ReloadResult>>();
  /** The exit code of the process: 1 after an uncaught exception. */
  #exitCode = 0;
  #lastTicket = 0;
  #drainsOnErrors = false;
  #heartbeat: NodeJS.Timeout | undefined;
  #leaving: Promise<void> | undefined;

  constructor() {
    this.#channel = new IpcChannel(process, (message, handle) => this.#receive(message, handle));
    // Ctrl-C and a hang-up reach every process of the terminal; the primary decides what they mean.
    process.on("SIGINT", () => {});
    process.on("SIGHUP", () => {});
    process.on("SIGTERM", () => void this.leave());
    process.on("uncaughtExceptionMonitor", (error) => this.send({ type: "dying", error: toReport(error) }));
    const { worker } = cluster;
    worker?.once("disconnect", () => {
      // Without this, node:cluster exits the process in this event.
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

  /** Sends a heartbeat now and every `interval` milliseconds; 0 is never. */
  startHeartbeat(interval: number): void {
    if (this.#heartbeat !== undefined || interval === 0) return;
    const meter = new LoadMeter();
    const traffic = (): Traffic[] => [...this.#servers.values()].map((server) => server.traffic);
    const sendHeartbeat = (): void =>
      this.send({ type: "heartbeat", debugged: isDebugged(), load: meter.read(traffic()) });
    this.#heartbeat = setInterval(sendHeartbeat, interval).unref();
    sendHeartbeat();
  }

  /**
   * From now on an uncaught exception does not exit the process at once: the worker leaves, another one takes its slot,
   * and requests in flight finish. A worker that is not ready has no requests, so Node's default is best for it.
   */
  drainOnErrors(): void {
    if (this.#drainsOnErrors) return;
    this.#drainsOnErrors = true;
    process.on("uncaughtException", (error) => this.#onUncaught(error));
  }

  /** Asks the primary for a reload. */
  reload(): Promise<ReloadResult> {
    this.#lastTicket += 1;
    const answer = createDeferred<ReloadResult>();
    this.#reloads.set(this.#lastTicket, answer);
    this.send({ type: "reload", ticket: this.#lastTicket });
    return answer.promise;
  }

  /** Asks the primary to take this process out of service; resolves when every server has drained. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    this.send({ type: "leaving" });
    // The primary answers with "stop" for each server, after the connections that are on their way.
    await pause(ANSWER_TIMEOUT);
    // When every server stops, the primary answers later.
    if ([...this.#servers.values()].every((server) => server.isDraining)) return;
    await this.#drainAll();
    await this.#exit();
  }

  async #exitAsOrphan(): Promise<void> {
    for (const answer of this.#reloads.values())
      answer.resolve({ ok: false, generation: 0, reason: "the primary is gone" });
    setTimeout(() => process.exit(this.#exitCode), ORPHAN.exitAfter);
    await this.#drainAll(ORPHAN.idleGrace, ORPHAN.drainTimeout);
    await this.#exit();
  }

  async #exit(): Promise<void> {
    await flushOutput();
    process.exit(this.#exitCode);
  }

  /** Does nothing if the application listens, too: then it decides what happens, as it would without Packetron. */
  #onUncaught(error: unknown): void {
    if (process.listenerCount("uncaughtException") > 1) return;
    this.#exitCode = 1;
    const [first] = this.#servers.values();
    // A callback of an interval throws again until the worker exits.
    this.#limited("uncaught", (leftOut) =>
      first?.log.error(
        { err: error, leftOut },
        "an error was not caught: this worker finishes what it has, and ends",
      ),
    );
    for (const server of this.#servers.values()) server.reportError(error);
    void this.leave();
  }

  async #drainAll(idleGrace?: number, timeoutMs?: number): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.drain(idleGrace, timeoutMs)));
  }

  #receive(message: unknown, handle: unknown): void {
    if (!isPrimaryMessage(message)) return;
    // In the next turn: callers that await `stop()` continue first.
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

/** The link of this process; made on the first call. */
export function linkToPrimary(): PrimaryLink {
  link ??= new PrimaryLink();
  return link;
}
