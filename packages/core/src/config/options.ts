/** The options of a server; `settings.ts` checks them and fills in the defaults. */
import type { TlsOptions } from "node:tls";
import type { Capability } from "../capability/contract.ts";
import { defineConstants } from "../errors/define-constants.ts";
import type { Logger } from "../log/logger.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import type { FlagsOf } from "./flags.ts";

/** How connections are distributed to workers. */
export const PacketronDistribution: {
  /** The worker with the fewest open connections gets the next connection; workers with equally many take turns. */
  readonly LEAST_CONNECTIONS: "least-connections";
  /** The workers get connections in turn. */
  readonly ROUND_ROBIN: "round-robin";
  /**
   * All connections of one client address go to the same worker, as long as that worker lives. An IPv6 client is
   * recognised by the first 64 bits of its address.
   */
  readonly STICKY_IP: "sticky-ip";
  /**
   * Each worker accepts its own connections, and the system spreads them (`SO_REUSEPORT`). Needs Node 22.12 on Linux,
   * FreeBSD or another system with this socket option. Elsewhere the server uses LEAST_CONNECTIONS, with a warning.
   */
  readonly REUSE_PORT: "reuse-port";
} = defineConstants("PacketronDistribution", {
  LEAST_CONNECTIONS: "least-connections",
  ROUND_ROBIN: "round-robin",
  STICKY_IP: "sticky-ip",
  REUSE_PORT: "reuse-port",
});

/** The peers whose headers about the client are believed; see {@link ServerOptions.trustProxy}. */
export type TrustProxy = boolean | "loopback" | "private" | readonly string[];

/** Options of the access log; see {@link ServerOptions.accessLog}. */
export interface AccessLogOptions {
  /**
   * Returns `true` for an exchange that gets no line. Called when the exchange is over, so the status is known.
   * @default every exchange gets a line
   */
  readonly skip?: ((request: PacketronRequest, response: PacketronResponse) => boolean) | undefined;
}

/** The Unix socket of a server; see {@link ServerOptions.socket}. */
export interface SocketSettings {
  /** The path of the socket's file. A relative path starts at the working directory. */
  readonly path: string;
  /**
   * The permissions of the file, such as `0o660`. A client needs the permission to write.
   * @default what the umask of the process leaves
   */
  readonly mode?: number | undefined;
}

/**
 * Options of `new Packetron()`. Capabilities, the features that packages add, add their options by declaration merging.
 */
export interface ServerOptions {
  /**
   * The TCP port, 0-65535. With 0 the system chooses a free port, the same for all workers.
   * @default 3000
   */
  port?: number;
  /**
   * The address to listen on.
   * @default "0.0.0.0"
   */
  host?: string;
  /**
   * How many connections may wait until the server accepts them. The system may allow fewer: Linux no more than
   * `net.core.somaxconn`. A client that finds the backlog full tries again after a second.
   * @default 4096
   */
  backlog?: number;
  /**
   * Listens on a Unix socket instead of a port: `{ path: "/run/app.sock", mode: 0o660 }`. The server removes the file
   * when it stops, and replaces a file that a killed program has left. Not with `port`, `host` or the distribution
   * REUSE_PORT.
   */
  socket?: SocketSettings;
  /**
   * The number of worker processes: it counts processes, not threads. With 1, this process serves and does not fork.
   * @default `PACKETRON_THREADS` if set, else what CPU affinity, cgroup quota and memory allow
   */
  maxThreads?: number;
  /**
   * Bits of {@link PacketronServerFlags}.
   * @default 0
   */
  flags?: FlagsOf<"server">;
  /**
   * Bits of {@link PacketronHandlerFlags} that every route of `handle()` has beside its own `flags`, such as
   * SEND_RETURN_VALUE. Served files do not get them.
   * @default 0
   */
  defaultRouteFlags?: number;
  /**
   * The features that packages add to the server: `[bodyJson(), bodyText()]`.
   * @default []
   */
  capabilities?: readonly Capability[];
  /** Receives the log lines: any object with pino's `debug`, `info`, `warn`, `error`. By default lines go to stderr. */
  logger?: Logger;
  /**
   * Writes one line for each exchange through `logger`, at the level `info` and with the message `"request"`: method,
   * path, route, status, bytes, ms, ip, requestId and, from a logger that does not name it already, worker. Refusals of
   * core are included, and exchanges that ended before the whole answer was written (`aborted: true`).
   * @default false
   */
  accessLog?: boolean | AccessLogOptions;
  /** Serves HTTPS with these options of `tls.createServer()`, such as `{ key, cert }`. */
  tls?: TlsOptions;
  /**
   * How requests get to the handlers. `"direct"` answers plain requests within the call of Node's parser, in one write,
   * without the queues of `node:http`; a request that needs more, such as a stream or a listener, is handled by Node.
   * `"standard"` leaves every request to Node. If a tool has patched Node's HTTP server, `"direct"` does the same, and
   * one log line says so.
   * @default `PACKETRON_DISPATCH` if set, else "direct"
   */
  dispatch?: "direct" | "standard";
  /**
   * The peers that are believed when they say who the client is, and what it has asked for: `X-Forwarded-For`,
   * `X-Forwarded-Proto`, `X-Forwarded-Host`, `Forwarded`, `X-Request-Id`. `"loopback"`: peers on loopback addresses and
   * Unix sockets. `"private"`: also peers in private networks. A list: these addresses and CIDRs; the list may also
   * contain `"loopback"` and `"private"`. `false`: no peer. `true`: every peer; the leftmost entry is used, which any
   * client can forge.
   * @default "loopback"
   */
  trustProxy?: TrustProxy;
  /**
   * The body of the answers by which Packetron refuses a request, or says that it has failed: 404, 405, 413, 500 and all
   * others from 400 on that no handler gives. `"problem"`: a small `application/problem+json` document (RFC 9457), such
   * as `{"type":"about:blank","title":"Not Found","status":404}`, unless the client's `Accept` excludes JSON. `"none"`:
   * an empty body. An answer of `onError()` or `onNotFound()` replaces it.
   * @default "problem"
   */
  errorBodies?: "problem" | "none";
  /**
   * The largest buffered body in bytes, on routes without `maxRequestSizeInBytes`; `null` means unlimited.
   * @default 16777216 (16 MiB)
   */
  defaultBodyLimit?: number | null;
  /**
   * How long an idle connection stays open, in milliseconds. The default is longer than the 60 s of common load balancers.
   * @default 72000
   */
  keepAliveTimeout?: number;
  /**
   * How long the head of a request may take to arrive, in milliseconds; after that the client gets 408.
   * @default 60000
   */
  headersTimeout?: number;
  /**
   * How long a whole request may take to arrive, in milliseconds; after that the client gets 408.
   * @default 300000
   */
  requestTimeout?: number;
  /**
   * How long gates and handler of a route may take to answer, in milliseconds; then the client gets 503, and
   * `request.signal` aborts with a reason that has the code PKT_HANDLER_TIMEOUT. An answer that has begun is cut. The time
   * counts from the first gate of the route, and not while the request's body is still arriving. 0 means unlimited. Served
   * files have no such limit.
   * @default 0
   */
  handlerTimeout?: number;
  /**
   * How long a client may take no byte of an answer that waits for it, in milliseconds; then the connection is closed,
   * with one log line, and `request.signal` aborts. It counts what the system takes, so a client that is only slow keeps
   * its connection. Sockets that were handed over, such as those of WebSockets, have no such limit. 0 turns it off.
   * @default 60000
   */
  sendTimeout?: number;
  /**
   * How long the server reads and discards the rest of a body after the answer, in milliseconds. If the server closed
   * the connection at once, the client might get a reset before it reads the answer.
   * @default 2000
   */
  lingerTimeout?: number;
  /**
   * How much of a body the server reads and discards after the answer, in bytes.
   * @default 8388608 (8 MiB)
   */
  lingerBytes?: number;
  /**
   * Which worker gets the next connection; a value of {@link PacketronDistribution}.
   * @default "least-connections" (ties rotate)
   */
  distribution?: (typeof PacketronDistribution)[keyof typeof PacketronDistribution];
  /**
   * How long a worker may take to get ready, in milliseconds. A connection that no worker takes in this time is closed.
   * @default 30000
   */
  readyTimeout?: number;
  /**
   * How long a new worker must stay ready before it takes the place of an old worker, in milliseconds: on a reload, and
   * when a worker is recycled. Code that crashes on its own within this time does not affect requests.
   * @default 1000
   */
  minReadyTime?: number;
  /**
   * How long requests in flight may take to finish when the server stops, in milliseconds; after that their connections
   * are cut.
   * @default 25000
   */
  drainTimeout?: number;
  /**
   * How long a stopping server still accepts connections, in milliseconds. Its readiness probe answers 503 during this
   * time, so that a load balancer chooses other servers.
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
   * How often a worker sends a heartbeat to the primary, in milliseconds; 0 turns heartbeats off. Workers under a
   * debugger are not checked.
   * @default 1000
   */
  heartbeatInterval?: number;
  /**
   * How long a worker may send no heartbeat before it is replaced, in milliseconds.
   * @default 10000
   */
  heartbeatTimeout?: number;
  /**
   * The delay before the primary replaces a worker that died early (before it was ready, or within a second of being
   * ready), in milliseconds. Each further early death doubles the delay, up to 30 s, with jitter.
   * @default 100
   */
  restartBackoff?: number;
  /**
   * After so many workers have died before they were ready, within `restartWindow`, the primary starts no more workers.
   * @default 10
   */
  maxRestarts?: number;
  /**
   * The time within which `maxRestarts` counts workers that died before they were ready, in milliseconds.
   * @default 10000
   */
  restartWindow?: number;
  /**
   * The resident memory at which a worker is replaced, in bytes; 0 means unlimited. The limit of each worker is up to a
   * tenth lower, so that the workers do not all reach it together.
   * @default 0
   */
  maxMemory?: number;
  /**
   * The age at which a worker is replaced, in milliseconds; 0 means unlimited. The limit of each worker is up to a tenth
   * lower, so that the workers do not all reach it together.
   * @default 0
   */
  maxAge?: number;
  /**
   * The number of answered requests at which a worker is replaced; 0 means unlimited. The limit of each worker is up to a
   * tenth lower, so that the workers do not all reach it together.
   * @default 0
   */
  maxRequestsPerWorker?: number;
  /**
   * How much memory the keys and values of `server.shared` may take in the primary, or in the only process, in bytes. A
   * call that needs more rejects with PKT_SHARED_FULL. Nothing is reserved before the first value.
   * @default 67108864 (64 MiB)
   */
  sharedMemoryLimit?: number;
}

/**
 * The server options of core, with every default filled in. `defaultBodyLimit` is `Infinity` if the option is `null`.
 */
export interface ServerSettings extends Readonly<Required<Pick<ServerOptions, DefaultedOption>>> {
  readonly defaultBodyLimit: number;
  readonly tls: TlsOptions | undefined;
  /** `undefined` without an access log. */
  readonly accessLog: AccessLogOptions | undefined;
  readonly maxThreads: number | undefined;
  /** With an absolute path; then `port` and `host` are not used. */
  readonly socket: SocketSettings | undefined;
}

/** The names of core's server options that have a constant default. */
export type DefaultedOption =
  | "port"
  | "host"
  | "backlog"
  | "flags"
  | "defaultRouteFlags"
  | "dispatch"
  | "trustProxy"
  | "errorBodies"
  | "defaultBodyLimit"
  | "keepAliveTimeout"
  | "headersTimeout"
  | "requestTimeout"
  | "handlerTimeout"
  | "sendTimeout"
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
  | "maxRequestsPerWorker"
  | "sharedMemoryLimit";
