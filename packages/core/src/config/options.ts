/** The options of a server; `settings.ts` checks them and fills in the defaults. */
import type { TlsOptions } from "node:tls";
import type { Capability } from "../capability/contract.ts";
import type { Logger } from "../log/logger.ts";

/** How connections get to workers. */
export const PacketronDistribution: {
  /** The worker with the fewest open connections; ties rotate. */
  readonly LEAST_CONNECTIONS: "least-connections";
  /** The next worker in turn. */
  readonly ROUND_ROBIN: "round-robin";
  /** The same client address to the same worker, as long as that worker lives; IPv6 by its first 64 bits. */
  readonly STICKY_IP: "sticky-ip";
  /**
   * Each worker accepts for itself, and the system spreads the connections (`SO_REUSEPORT`). Needs Node 22.12 on Linux, FreeBSD,
   * or another system that has it; elsewhere it is LEAST_CONNECTIONS, with a warning.
   */
  readonly REUSE_PORT: "reuse-port";
} = Object.freeze({
  LEAST_CONNECTIONS: "least-connections",
  ROUND_ROBIN: "round-robin",
  STICKY_IP: "sticky-ip",
  REUSE_PORT: "reuse-port",
});

/** Which peers are believed when they send `X-Forwarded-For`. */
export type TrustProxy = boolean | "loopback" | "private" | readonly string[];

/** Options of `new Packetron()`. Capabilities add theirs by declaration merging. */
export interface ServerOptions {
  /**
   * TCP port, 0-65535; 0 lets the system choose one, the same for all workers.
   * @default 3000
   */
  port?: number;
  /**
   * Address to bind.
   * @default "0.0.0.0"
   */
  host?: string;
  /**
   * How many worker processes serve: it counts processes, not threads. 1 serves in this process without a fork.
   * @default `PACKETRON_THREADS` if set, else what CPU affinity, cgroup quota and memory allow
   */
  maxThreads?: number;
  /**
   * Bits of {@link PacketronServerFlags}.
   * @default 0
   */
  flags?: number;
  /**
   * What the server can do beyond core: `[bodyJson(), bodyText()]`.
   * @default []
   */
  capabilities?: readonly Capability[];
  /** Where log lines go: any object with pino's `debug`, `info`, `warn`, `error`. By default one line each to stderr. */
  logger?: Logger;
  /** Serves HTTPS with these options of `tls.createServer()`: `{ key, cert }`. */
  tls?: TlsOptions;
  /**
   * `"direct"` answers plain requests in the call of Node's parser, in one write, without the queues of `node:http`.
   * Whatever needs more, as a stream or a listener does, is Node's as ever. `"standard"` leaves every request to Node; so
   * does "direct", with one line in the log, where a tool has patched Node's HTTP server.
   * @default `PACKETRON_DISPATCH` if set, else "direct"
   */
  dispatch?: "direct" | "standard";
  /**
   * Peers whose `X-Forwarded-For` is believed: loopback and Unix-socket peers, private networks, a list of CIDRs,
   * nobody (`false`) or everybody (`true`, which takes the leftmost entry and can be spoofed).
   * @default "loopback"
   */
  trustProxy?: TrustProxy;
  /**
   * Cap of buffered bodies in bytes on routes without `maxRequestSizeInBytes`; `null` is unlimited.
   * @default 16777216 (16 MiB)
   */
  defaultBodyLimit?: number | null;
  /**
   * How long an idle connection stays open, in milliseconds; longer than the 60 s of common load balancers.
   * @default 72000
   */
  keepAliveTimeout?: number;
  /**
   * How long a request's head may take, in milliseconds; then 408.
   * @default 60000
   */
  headersTimeout?: number;
  /**
   * How long a whole request may take to arrive, in milliseconds; then 408.
   * @default 300000
   */
  requestTimeout?: number;
  /**
   * How long the rest of a body is read and discarded after the answer, in milliseconds, so that the client gets
   * to read the answer.
   * @default 2000
   */
  lingerTimeout?: number;
  /**
   * How much of it is discarded at most, in bytes.
   * @default 8388608 (8 MiB)
   */
  lingerBytes?: number;
  /**
   * Which worker gets the next connection; a value of {@link PacketronDistribution}.
   * @default "least-connections" (ties rotate)
   */
  distribution?: (typeof PacketronDistribution)[keyof typeof PacketronDistribution];
  /**
   * How long a worker may take to get ready, in milliseconds. A connection that no worker can take for so long is closed.
   * @default 30000
   */
  readyTimeout?: number;
  /**
   * How long a new worker must stay ready, in milliseconds, before it gets connections in the place of another one: on a
   * reload and when a worker is recycled. Code that fails by itself within this time never harms a request.
   * @default 1000
   */
  minReadyTime?: number;
  /**
   * How long requests in flight may take to finish when the server stops, in milliseconds; then they are cut.
   * @default 25000
   */
  drainTimeout?: number;
  /**
   * How long a stop waits before the server stops accepting, in milliseconds. Readiness is 503 from its beginning, so
   * that a load balancer looks elsewhere in the meantime.
   * @default 0
   */
  preDrainDelay?: number;
  /**
   * How long idle connections stay open while draining, in milliseconds, so that a request already on its way is
   * answered instead of reset.
   * @default 500
   */
  idleGrace?: number;
  /**
   * How often a worker tells the primary that it is alive, in milliseconds; 0 turns it off. Off under the inspector.
   * @default 1000
   */
  heartbeatInterval?: number;
  /**
   * Silence after which a worker is replaced, in milliseconds.
   * @default 10000
   */
  heartbeatTimeout?: number;
  /**
   * First delay before a worker that died before it was ready, or within a second of it, is replaced, in milliseconds. It
   * doubles up to 30 s, with jitter.
   * @default 100
   */
  restartBackoff?: number;
  /**
   * Workers that die before they are ready, within `restartWindow`, after which the server gives up.
   * @default 10
   */
  maxRestarts?: number;
  /**
   * The window of `maxRestarts` in milliseconds.
   * @default 10000
   */
  restartWindow?: number;
  /**
   * Resident memory in bytes at which a worker is replaced; 0 is no limit. Each worker has a limit of its own, up to a
   * tenth below, so that not all of them reach it together; the same holds for the next two.
   * @default 0
   */
  maxMemory?: number;
  /**
   * Age in milliseconds at which a worker is replaced; 0 is no limit.
   * @default 0
   */
  maxAge?: number;
  /**
   * Answered requests at which a worker is replaced; 0 is no limit.
   * @default 0
   */
  maxRequestsPerWorker?: number;
}

/** Core's own options with every default filled in; `defaultBodyLimit` is `Infinity` where `null` was given. */
export interface ServerSettings extends Readonly<Required<Pick<ServerOptions, DefaultedOption>>> {
  readonly defaultBodyLimit: number;
  readonly tls: TlsOptions | undefined;
  readonly maxThreads: number | undefined;
}

/** Core's options that have a constant default. */
export type DefaultedOption =
  | "port"
  | "host"
  | "flags"
  | "dispatch"
  | "trustProxy"
  | "defaultBodyLimit"
  | "keepAliveTimeout"
  | "headersTimeout"
  | "requestTimeout"
  | "lingerTimeout"
  | "lingerBytes"
  | "distribution"
  | "readyTimeout"
  | "minReadyTime"
  | "drainTimeout"
  | "preDrainDelay"
  | "idleGrace"
  | "heartbeatInterval"
  | "heartbeatTimeout"
  | "restartBackoff"
  | "maxRestarts"
  | "restartWindow"
  | "maxMemory"
  | "maxAge"
  | "maxRequestsPerWorker";
