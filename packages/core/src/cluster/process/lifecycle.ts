/**
 * What a server needs of the process model, and what the process model needs of a server. The entry file runs in
 * the primary and in every worker; `createLifecycle()` finds out where it is and gives the part that belongs there.
 */
import type { AddressInfo, Server, Socket } from "node:net";
import type { Channel } from "../../capability/contract.ts";
import type { ServerSettings } from "../../config/options.ts";
import { isDeveloping, ownSeat } from "../../config/process-role.ts";
import type { Logger } from "../../log/logger.ts";
import { PrimaryLifecycle, supervisorExists } from "../primary/primary.ts";
import { SingleLifecycle } from "../single.ts";
import { WorkerLifecycle } from "../worker/worker.ts";
import { resolveThreads } from "./sizing.ts";
import type { PrimaryStatus } from "./status.ts";

/** Which process this is: alone, the one that supervises, or one that serves under it. */
export type ProcessRole = "single" | "primary" | "worker";

/** What drains: the whole server, in every process, or this worker alone, while others serve on. */
export type DrainScope = "server" | "worker";

/** The outcome of a reload; `generation` is the number of the one that serves now. */
export type ReloadResult =
  | { readonly ok: true; readonly generation: number }
  | { readonly ok: false; readonly generation: number; readonly reason: string };

/** What a lifecycle needs of one Packetron server. */
export interface Member {
  /** `"<ordinal>:<host>:<port>"`; the ordinal is the order of construction, so it is the same in every process. */
  readonly key: string;
  /** The server's options with every default filled in. */
  readonly settings: ServerSettings;
  readonly log: Logger;
  /** Makes the http(s) server; called once, in a process that serves, after the `starting` stage. */
  createServing(): Serving;
  /** Runs the hooks of a stage. */
  run(stage: "starting" | "listening" | "stopped"): Promise<void>;
  /** Runs the program's tasks of `onReady()`; called in a process that serves, before it does. */
  getReady(): Promise<void>;
  /** Called when draining begins: connections may still come. */
  draining(scope: DrainScope): void;
  /** Called in a process that serves, when no more connections come. */
  closing(): void;
  /** Runs the program's tasks of `onLeader()`, from now on. */
  lead(): void;
  /** Tells them to end, within so many milliseconds; whether they did. Idempotent. */
  stepDown(patience: number): Promise<boolean>;
  /** Runs the program's tasks of `onStop()` within so many milliseconds; whether there was time for all. */
  wrapUp(patience: number): Promise<boolean>;
  /** Tells where the server listens, before the `listening` stage runs. */
  listeningAt(address: AddressInfo): void;
  /** Tells an error that no request has, and that ends the process: a crash loop, or one that nobody caught. */
  failed?(error: unknown): void;
}

/** The http(s) server of this process. */
export interface Serving {
  /** `single` makes it listen; in a worker it never does. */
  readonly server: Server;
  /** Serves a connection that the primary handed over. */
  accept(socket: Socket): void;
  /** Connections that are open now. */
  readonly connections: number;
  /** Requests that are being answered, and that were answered so far. */
  readonly load: { readonly inFlight: number; readonly requests: number };
  /**
   * Stops listening, answers what is in flight with `Connection: close` and closes idle connections after the grace.
   *
   * @param idleGrace In milliseconds.
   * @returns Resolves when no connection is left.
   */
  drain(idleGrace: number): Promise<void>;
  /** Stops listening and cuts what is left. */
  destroy(): void;
}

/** How one server lives in this process; the same in all three roles. */
export interface Lifecycle {
  readonly role: ProcessRole;
  /**
   * 0 in the primary and in a single process. In workers a slot, 1 to the number of workers: a worker that replaces
   * another takes its number over, so that metrics, ports and shards that are derived from it stay few.
   */
  readonly workerId: number;
  /**
   * Resolves when the server accepts connections: in the primary when every worker is ready.
   *
   * @throws PKT_SERVER_PORT_IN_USE, PKT_SERVER_LISTEN, PKT_SERVER_STOPPED, PKT_CLUSTER_NOT_READY,
   * PKT_CLUSTER_WORKER_DIED, PKT_CLUSTER_CRASH_LOOP, PKT_CLUSTER_UNKNOWN_SERVER, or the error of the first worker that has one.
   */
  start(): Promise<AddressInfo>;
  /** Drains and stops the server in every process; idempotent, before, during and after `start()`. Never rejects. */
  stop(): Promise<void>;
  /**
   * Takes this process out: a worker drains, ends with code 0 and is replaced by the primary; a single process stops.
   * Nothing happens in the primary.
   */
  retire(): Promise<void>;
  /** Replaces the workers by new ones, which run the file as it is on disk now. Never rejects. */
  reload(): Promise<ReloadResult>;
  /** The processes of the program; `undefined` in a worker, which knows nobody but itself. */
  status(): PrimaryStatus | undefined;
  /** Opens a line between the primary and the workers, of this server alone. */
  openChannel<Message>(name: string): Channel<Message>;
}

/**
 * Decides the role and gives the lifecycle for it. Nothing is forked or bound before `start()`.
 *
 * @throws PKT_OPTION_INVALID when `PACKETRON_THREADS` is needed and not a number of workers.
 */
export function createLifecycle(member: Member): Lifecycle {
  const seat = ownSeat();
  if (seat.role === "worker") return new WorkerLifecycle(member, seat.workerId);
  const threads = resolveThreads(member.settings.maxThreads);
  // While the program is developed even one process is a worker: the port stays open while it is replaced.
  const alone = threads.count === 1 && !isDeveloping() && !supervisorExists();
  // A server that wants one process joins the workers that another server of the program has: one set for all.
  if (seat.role === "single" || alone) {
    const forced = seat.role === "single" && threads.count > 1;
    return new SingleLifecycle(member, forced ? seat.note : threads.reason);
  }
  return new PrimaryLifecycle(member, threads);
}
