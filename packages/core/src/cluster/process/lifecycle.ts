/** The interfaces between a server and the lifecycle that starts and stops it in each process. */
import type { AddressInfo, Server, Socket } from "node:net";
import type { Channel, DrainScope } from "../../capability/contract.ts";
import type { ServerSettings } from "../../config/options.ts";
import type { Logger } from "../../log/logger.ts";
import type { CallLink } from "../../shared/calls.ts";
import type { CutReport } from "./cut-report.ts";
import type { PrimaryStatus } from "./status.ts";

/** The role of a process: the only process of the program, the primary that supervises workers, or a worker. */
export type ProcessRole = "single" | "primary" | "worker";

/** The outcome of a reload. `generation` is the generation that serves now; `reason` says why the reload failed. */
export type ReloadResult =
  | { readonly ok: true; readonly generation: number }
  | { readonly ok: false; readonly generation: number; readonly reason: string };

/** What a lifecycle needs of its Packetron server. The server implements it; the lifecycle calls it. */
export interface ServerDelegate {
  /**
   * `"<ordinal>:<host>:<port>"`, or `"<ordinal>:<path>"` of a Unix socket. The ordinal counts constructed servers, so a
   * server has one key in all processes.
   */
  readonly key: string;
  /** The server's options with every default filled in. */
  readonly settings: ServerSettings;
  readonly log: Logger;
  /** Makes the http(s) server. Called once, after the `starting` stage, in a process that serves. */
  createListener(): HttpListener;
  /** Runs the hooks that capabilities registered for a stage. */
  run(stage: "starting" | "listening" | "stopped"): Promise<void>;
  /** Runs the program's `onReady()` tasks. Called before the first connection, in a process that serves. */
  runReadyHooks(): Promise<void>;
  /** Announces that draining begins; connections may still arrive. */
  draining(scope: DrainScope): void;
  /** Aborts the drain signal: this process accepts no more connections. Called in a process that serves. */
  closing(): void;
  /**
   * Starts the program's `onLeader()` tasks. Called when this process becomes the leader of the server.
   *
   * @param token Larger than that of each former leader.
   */
  acquireLeadership(token: bigint): void;
  /**
   * Aborts the signal of the `onLeader()` tasks and waits for their end. Idempotent.
   *
   * @returns Whether all tasks ended within `timeoutMs`.
   */
  releaseLeadership(timeoutMs: number): Promise<boolean>;
  /**
   * Runs the program's `onStop()` tasks.
   *
   * @returns Whether all tasks ran within `timeoutMs`.
   */
  runStopHooks(timeoutMs: number): Promise<boolean>;
  /** Sets the address of the server. Called before the `listening` stage runs. */
  listeningAt(address: AddressInfo): void;
  /** Reports an error that no request caused and that ends the process: a crash loop or an uncaught exception. */
  failed?(error: unknown): void;
  /** Answers a call of a worker to the shared services of the server. Called in the primary. */
  answerCall?(caller: object, payload: string, answer: (payload: string) => void): void;
  /** Releases what a worker that has exited held of the shared services. Called in the primary. */
  callerExited?(caller: object): void;
}

/** The http(s) server of this process. */
export interface HttpListener {
  /** Node's server. It listens in a single process and never in a worker. */
  readonly server: Server;
  /** Serves a connection that another socket accepted: the primary's, or the worker's share of a shared port. */
  accept(socket: Socket): void;
  /** How many connections are open now. */
  readonly connections: number;
  /** How many connections have left HTTP, how many requests are being answered now, and how many have been so far. */
  readonly load: { readonly upgraded: number; readonly inFlight: number; readonly requests: number };
  /**
   * Closes the listening socket, answers requests in flight with `Connection: close`, and closes connections that stay
   * idle for the grace.
   *
   * @param idleGrace Milliseconds.
   * @param spreadMs Over how many milliseconds the connections begin to drain, at most. All begin at once by default,
   *   and at a second call.
   * @returns Resolves when no connection is left.
   */
  drain(idleGrace: number, spreadMs?: number): Promise<void>;
  /** Closes the listening socket and cuts every open connection. Returns what was cut, if the listener drains. */
  destroy(): CutReport;
}

/** Starts, stops and reloads one server. Each of the three roles implements it. */
export interface Lifecycle {
  readonly role: ProcessRole;
  /**
   * The number of this process: 0 in the primary and in a single process. In a worker it is the slot, from 1 to the
   * number of workers. A replacement takes over the number, so that metrics, ports and shards derived from it stay few.
   */
  readonly workerId: number;
  /**
   * Starts the server; resolves when it accepts connections. In the primary that is when every worker is ready.
   *
   * @throws PKT_SERVER_PORT_IN_USE, PKT_SERVER_LISTEN, PKT_SERVER_STOPPED, PKT_CLUSTER_NOT_READY,
   * PKT_CLUSTER_WORKER_DIED, PKT_CLUSTER_CRASH_LOOP, PKT_CLUSTER_UNKNOWN_SERVER, or the error of the first worker whose
   * `start()` failed.
   */
  start(): Promise<AddressInfo>;
  /**
   * Drains the server and stops it in every process. Never rejects. Idempotent; may be called before, during and after
   * `start()`.
   */
  stop(): Promise<void>;
  /**
   * Takes this process out of service. A worker drains and exits with code 0, and the primary fills its slot; a single
   * process stops. Does nothing in the primary.
   */
  retire(): Promise<void>;
  /** Replaces every worker by one that runs the entry file as it is on disk now. Never rejects. */
  reload(): Promise<ReloadResult>;
  /** Describes the processes of the program; `undefined` in a worker, which knows no other process. */
  status(): PrimaryStatus | undefined;
  /** The way to the shared services of the primary. Only a worker has one. */
  readonly callLink?: CallLink;
  /** Opens a channel between the primary and the workers of this server. */
  openChannel<Message>(name: string): Channel<Message>;
}
