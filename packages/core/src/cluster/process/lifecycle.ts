/** The contract between a server and the process model: what each needs of the other. */
import type { AddressInfo, Server, Socket } from "node:net";
import type { Channel, DrainScope } from "../../capability/contract.ts";
import type { ServerSettings } from "../../config/options.ts";
import type { Logger } from "../../log/logger.ts";
import type { PrimaryStatus } from "./status.ts";

/** What a process is: the only one, the one that supervises workers, or a worker. */
export type ProcessRole = "single" | "primary" | "worker";

/** The outcome of a reload; `generation` is the number of the generation that serves now. */
export type ReloadResult =
  | { readonly ok: true; readonly generation: number }
  | { readonly ok: false; readonly generation: number; readonly reason: string };

/** One Packetron server, as its lifecycle sees it. Implemented by the server, called by the process model. */
export interface ServerDelegate {
  /** `"<ordinal>:<host>:<port>"`; the ordinal is the order of construction, so the key is the same in every process. */
  readonly key: string;
  /** The server's options with every default filled in. */
  readonly settings: ServerSettings;
  readonly log: Logger;
  /** Makes the http(s) server; called once, in a process that serves, after the `starting` stage. */
  createListener(): HttpListener;
  /** Runs the hooks of a stage. */
  run(stage: "starting" | "listening" | "stopped"): Promise<void>;
  /** Runs the program's `onReady()` tasks; called in a process that serves, before it serves. */
  runReadyHooks(): Promise<void>;
  /** Called when draining begins; connections may still arrive. */
  draining(scope: DrainScope): void;
  /** Called in a process that serves, when it accepts no more connections. */
  closing(): void;
  /** Starts the program's `onLeader()` tasks: this process leads the server from now on. */
  acquireLeadership(): void;
  /**
   * Aborts the signal of the `onLeader()` tasks and waits for their end. Idempotent.
   *
   * @returns Whether all of them ended within `timeoutMs`.
   */
  releaseLeadership(timeoutMs: number): Promise<boolean>;
  /**
   * Runs the program's `onStop()` tasks.
   *
   * @returns Whether all of them ran within `timeoutMs`.
   */
  runStopHooks(timeoutMs: number): Promise<boolean>;
  /** Sets the address of the server, before the `listening` stage runs. */
  listeningAt(address: AddressInfo): void;
  /** Reports an error that no request caused and that ends the process: a crash loop or an uncaught exception. */
  failed?(error: unknown): void;
}

/** The http(s) server of this process. */
export interface HttpListener {
  /** `single` makes it listen; in a worker it never listens. */
  readonly server: Server;
  /** Serves a connection that another listening socket accepted: the primary's, or the worker's own shared one. */
  accept(socket: Socket): void;
  /** Connections that are open now. */
  readonly connections: number;
  /** Requests that are being answered, and requests answered so far. */
  readonly load: { readonly inFlight: number; readonly requests: number };
  /**
   * Stops listening, answers requests in flight with `Connection: close` and closes idle connections after the grace.
   *
   * @param idleGrace In milliseconds.
   * @returns Resolves when no connection is left.
   */
  drain(idleGrace: number): Promise<void>;
  /** Stops listening and cuts the connections that are left. */
  destroy(): void;
}

/** How one server lives in this process; the same in all three roles. */
export interface Lifecycle {
  readonly role: ProcessRole;
  /**
   * 0 in the primary and in a single process. In a worker its slot, from 1 to the number of workers: a worker that
   * replaces another takes over its number, so that metrics, ports and shards derived from it stay few.
   */
  readonly workerId: number;
  /**
   * Resolves when the server accepts connections: in the primary when every worker is ready.
   *
   * @throws PKT_SERVER_PORT_IN_USE, PKT_SERVER_LISTEN, PKT_SERVER_STOPPED, PKT_CLUSTER_NOT_READY,
   * PKT_CLUSTER_WORKER_DIED, PKT_CLUSTER_CRASH_LOOP, PKT_CLUSTER_UNKNOWN_SERVER, or the error of the first worker that has one.
   */
  start(): Promise<AddressInfo>;
  /** Drains and stops the server in every process. Idempotent, before, during and after `start()`. Never rejects. */
  stop(): Promise<void>;
  /**
   * Takes this process out of service: a worker drains, exits with code 0 and is replaced by the primary; a single
   * process stops. Does nothing in the primary.
   */
  retire(): Promise<void>;
  /** Replaces the workers by new ones, which run the file as it is on disk now. Never rejects. */
  reload(): Promise<ReloadResult>;
  /** The processes of the program; `undefined` in a worker, which knows no other process. */
  status(): PrimaryStatus | undefined;
  /** Opens a channel between the primary and the workers of this server. */
  openChannel<Message>(name: string): Channel<Message>;
}
