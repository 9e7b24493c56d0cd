/** A worker process and its primary: one line for all servers of the process, and how the process ends. */
import cluster from "node:cluster";
import { pause } from "./draining.ts";
import { toReport } from "./error-report.ts";
import { isDebugged } from "./heartbeat.ts";
import { isPrimaryMessage, type ParcelMessage, type PrimaryMessage, type WorkerMessage } from "./messages.ts";
import { PostLine } from "./post-line.ts";

/** What concerns one server. */
export type ServerMessage = Exclude<PrimaryMessage, { readonly type: "quit" }>;

/** A server of this process, as far as the line needs it. */
export interface LinkedServer {
  readonly key: string;
  received(message: ServerMessage, handle: unknown): void;
  /** Drains, within its settings or those given in milliseconds; idempotent, never rejects. */
  drain(idleGrace?: number, patience?: number): Promise<void>;
}

/** How long the primary may take to answer a wish to end, in milliseconds. */
export const ANSWER_WITHIN = 2_000;

/** Without a primary the port is closed already; what is in flight gets this long, in milliseconds. */
const ORPHAN = { idleGrace: 100, patience: 1_500, atMost: 1_800 } as const;

/** The worker's end of the line. */
export class PrimaryLink {
  readonly #servers = new Map<string, LinkedServer>();
  readonly #line: PostLine;
  #beating: NodeJS.Timeout | undefined;
  #leaving: Promise<void> | undefined;

  constructor() {
    this.#line = new PostLine(process, (message, handle) => this.#received(message, handle));
    // Ctrl-C reaches every process of the terminal; the primary decides what it means.
    process.on("SIGINT", () => {});
    process.on("SIGTERM", () => void this.leave());
    process.on("uncaughtExceptionMonitor", (error) => this.post({ type: "dying", error: toReport(error) }));
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

  post(message: WorkerMessage): void {
    this.#line.post(message);
  }

  /** @throws PKT_CLUSTER_MESSAGE when the primary does not read. */
  offer(parcel: ParcelMessage): void {
    this.#line.offer(parcel);
  }

  /** Says that this process is alive, from now on and every so many milliseconds; 0 is never. */
  beat(interval: number): void {
    if (this.#beating !== undefined || interval === 0) return;
    const beat = (): void => this.post({ type: "beat", debugged: isDebugged() });
    this.#beating = setInterval(beat, interval).unref();
    beat();
  }

  /** Asks the primary to take this process out; resolves when every server has drained. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    this.post({ type: "leaving" });
    // The primary answers by stopping each server, after the connections that are on their way here.
    await pause(ANSWER_WITHIN);
    await this.#drainAll();
    process.exit(0);
  }

  async #endAsOrphan(): Promise<void> {
    setTimeout(() => process.exit(0), ORPHAN.atMost);
    await this.#drainAll(ORPHAN.idleGrace, ORPHAN.patience);
    process.exit(0);
  }

  async #drainAll(idleGrace?: number, patience?: number): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.drain(idleGrace, patience)));
  }

  #received(message: unknown, handle: unknown): void {
    if (!isPrimaryMessage(message)) return;
    if (message.type !== "quit") this.#servers.get(message.key)?.received(message, handle);
    // In the next turn: whoever waits for its `stop()` hears of it first.
    else setImmediate(() => process.exit(0));
  }
}

let link: PrimaryLink | undefined;

/** The line of this process. */
export function linkToPrimary(): PrimaryLink {
  link ??= new PrimaryLink();
  return link;
}
