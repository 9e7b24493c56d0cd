/**
 * The supervisor of the primary: one for all servers of the program, which share one set of workers. It starts,
 * replaces and stops the workers. The primary never parses HTTP.
 */
import type { ServerSettings } from "../../config/options.ts";
import { coreError, type PacketronError } from "../../errors/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import { fromReport } from "../ipc/error-report.ts";
import type { ChannelMessage, ErrorReport, WorkerMessage } from "../ipc/messages.ts";
import type { ReloadResult } from "../process/lifecycle.ts";
import { localServers } from "../process/local-servers.ts";
import { runStopped } from "../process/shutdown.ts";
import type { PrimaryStatus, WorkerLoad } from "../process/status.ts";
import { Pool, type PoolOwner } from "./pool.ts";
import type { PrimaryServer } from "./primary-server.ts";
import { Recycler } from "./recycler.ts";
import { Reloads } from "./reloads.ts";
import { Replacement, type ReplacementOwner } from "./replacement.ts";
import { ServerLookup } from "./server-lookup.ts";
import { ServerRegistry } from "./server-registry.ts";
import { handleWorkerMessage, type Supervision } from "./worker-messages.ts";
import { describeExit, EXIT_GRACE, type Exit, type WorkerProcess } from "./worker-process.ts";

/** Supervises the workers of this program. */
export class Supervisor implements PoolOwner, ReplacementOwner, Supervision {
  readonly servers: ServerRegistry = new ServerRegistry();
  readonly lookup: ServerLookup = new ServerLookup(this.servers);
  readonly #startedAt = Date.now();
  #pool: Pool | undefined;
  #reloads: Reloads | undefined;
  #recycler: Recycler | undefined;
  /** The pool that is being closed. A second signal has to find its workers to kill them. */
  #closingPool: Pool | undefined;

  /** Whether a server of this program has workers, or will have them. */
  get busy(): boolean {
    return this.servers.all.length > 0;
  }

  /** Adds a server. Workers that look the server up wait until its port is open. */
  add(server: PrimaryServer): void {
    this.servers.add(server);
  }

  /** Starts at least `threads` workers for a server whose port is bound; resolves when each of them is ready. */
  async serve(server: PrimaryServer, threads: number): Promise<void> {
    const { settings, log } = server.delegate;
    const pool = this.#pool ?? this.#createPool(settings, log);
    this.lookup.opened(server);
    pool.grow(threads);
    await server.ready.promise;
  }

  /** Stops a server in every process. The workers exit when the last server stops. */
  stop(server: PrimaryServer): Promise<void> {
    server.stopping ??= this.#stop(server);
    return server.stopping;
  }

  /** Replaces every worker by one that runs the entry file as it is on disk now. */
  async reload(): Promise<ReloadResult> {
    if (this.#reloads !== undefined && this.servers.allInState("running")) return this.#reloads.reload();
    const reason = "the server is not running";
    // A SIGHUP has no other answer: a `systemctl reload` right after the start would be lost, and no line would say so.
    this.servers.all[0]?.delegate.log.warn({ reason }, `no reload: ${reason}; ask again when it serves`);
    return { ok: false, generation: this.#pool?.generation ?? 0, reason };
  }

  /** Describes the processes of the program. */
  status(): PrimaryStatus {
    const pool = this.#pool ?? this.#closingPool;
    return {
      pid: process.pid,
      generation: pool?.generation ?? 0,
      addresses: this.servers.all.filter((server) => server.isOpen).map(({ address }) => address),
      startedAt: this.#startedAt,
      workers: pool?.describeWorkers() ?? [],
    };
  }

  /** Kills every worker. */
  force(): void {
    this.#pool?.force();
    this.#closingPool?.force();
  }

  broadcast(message: ChannelMessage): void {
    this.#pool?.broadcast(message);
  }

  onMessage(worker: WorkerProcess, message: WorkerMessage): void {
    worker.listening = true;
    handleWorkerMessage(this, worker, message);
  }

  onLate(worker: WorkerProcess): void {
    const missing = this.servers.inState("starting").filter((server) => !server.isServedBy(worker));
    for (const server of missing) server.ready.reject(lateError(worker, server));
    const [running] = this.servers.inState("running");
    if (missing.length > 0 || running === undefined) return;
    worker.error = { message: lateError(worker, running).message };
    worker.kill("SIGKILL");
  }

  onExit(worker: WorkerProcess, exit: Exit): void {
    this.lookup.remove(worker);
    this.#reloads?.remove(worker);
    // filter(), not some(), because removeExited() has to remove the worker from every server.
    const lossy = this.servers.all.filter((server) => server.removeExited(worker));
    const unexpected = lossy.find((server) => worker.leaving || server.state === "stopping");
    if (unexpected !== undefined) {
      unexpected.delegate.log.error(
        { worker: worker.slot, pid: worker.pid, ...exit, error: worker.error?.message },
        `worker ${worker.slot} ended before it had drained (${describeExit(exit)}): the requests that it had are lost`,
      );
    }
    // A worker that was killed by a signal from outside had no error of its own, so `start()` does not fail; the pool
    // restarts the worker.
    if (worker.leaving || worker.onTrial || exit.signal !== null) return;
    this.#rejectStarting(fromReport(worker.slot, describeExit(exit), worker.error));
  }

  onCrashLoop(error: PacketronError): void {
    this.#rejectStarting(error);
    const running = this.servers.inState("running");
    if (running.length === 0) return;
    // A process manager has to see code 1, also when the application exits first. The exit below is for an application
    // whose timers keep the event loop alive.
    process.exitCode = 1;
    for (const { delegate } of running) {
      delegate.log.error({ err: error }, error.message);
      delegate.failed?.(error);
    }
    void Promise.all(running.map((server) => this.stop(server))).then(() => process.exit(1));
  }

  admit(worker: WorkerProcess): void {
    for (const server of this.servers.all) server.admit(worker);
  }

  async drain(worker: WorkerProcess): Promise<void> {
    if (worker.leaving) {
      await worker.exited;
      return;
    }
    worker.markLeaving();
    this.#reloads?.remove(worker);
    this.#pool?.retire(worker);
    await Promise.all(this.servers.all.map((server) => server.drain(worker)));
    await worker.end();
  }

  async discard(candidate: WorkerProcess): Promise<Exit> {
    await withTimeLimit(this.drain(candidate), EXIT_GRACE, () => candidate.kill("SIGKILL"));
    return candidate.exited;
  }

  serverReady(worker: WorkerProcess, key: string): void {
    const ready = this.servers.get(key);
    ready?.markReady(worker);
    if (!worker.onTrial) ready?.admit(worker);
    const starting = this.servers.inState("starting");
    const expected = [...starting.filter((server) => server.isOpen), ...this.servers.inState("running")];
    if (expected.every((server) => server.isServedBy(worker))) this.#pool?.markReady(worker);
    for (const server of starting) {
      if (this.#pool?.everySlot((holder) => server.isServedBy(holder)) === true) server.ready.resolve();
    }
  }

  serverFailed(worker: WorkerProcess, key: string, error: ErrorReport): void {
    worker.error = error;
    const server = this.servers.get(key);
    if (server?.state === "starting")
      server.ready.reject(fromReport(worker.slot, "its start() failed", error));
    else if (server?.state === "running") void this.leave(worker);
  }

  heartbeat(worker: WorkerProcess, debugged: boolean, load: WorkerLoad): void {
    worker.recordLoad(load);
    this.#pool?.heartbeat(worker, debugged);
    // A reload replaces the worker in any case; when everything stops, no worker is replaced.
    if (this.#reloads?.busy === false && !this.#isStopping()) this.#recycler?.check(worker);
  }

  async leave(worker: WorkerProcess): Promise<void> {
    // When every server stops, each worker gets the order to drain in any case.
    if (worker.leaving || this.servers.allInState("stopping")) return;
    await this.drain(worker);
  }

  reloadFor(worker: WorkerProcess, ticket: number): void {
    const answer = (result: ReloadResult): void => worker.send({ type: "reloaded", ticket, ...result });
    if (this.#reloads !== undefined && this.servers.allInState("running"))
      this.#reloads.reloadFor(worker, answer);
    else void this.reload().then(answer);
  }

  stopServer(key: string): void {
    const server = this.servers.get(key);
    if (server !== undefined) void this.stop(server);
    else void localServers.get(key)?.stop();
  }

  #createPool(settings: ServerSettings, log: Logger): Pool {
    const pool = new Pool(this, settings, log);
    const replacement = new Replacement(pool, this, settings);
    this.#pool = pool;
    this.#reloads = new Reloads(pool, replacement, log);
    this.#recycler = new Recycler(settings, replacement, log);
    return pool;
  }

  async #stop(server: PrimaryServer): Promise<void> {
    const { state, delegate } = server;
    server.state = "stopping";
    if (this.#isStopping()) {
      this.#reloads?.close();
      this.#pool?.stopForking();
    }
    if (state !== "idle") await server.close(this.#pool?.starting ?? []);
    server.state = "stopped";
    this.servers.remove(server);
    this.lookup.stopped(server);
    if (this.servers.started.length === 0) await this.#closePool();
    if (state !== "idle") await runStopped(delegate);
    server.ended.resolve();
  }

  /** Whether every started server is stopping. */
  #isStopping(): boolean {
    return this.servers.started.every((server) => server.state === "stopping");
  }

  async #closePool(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    this.#reloads = undefined;
    this.#recycler = undefined;
    this.#closingPool = pool;
    await pool?.close();
  }

  #rejectStarting(error: PacketronError): void {
    for (const server of this.servers.inState("starting")) server.ready.reject(error);
  }
}

function lateError(worker: WorkerProcess, server: PrimaryServer): PacketronError {
  const timeout = server.delegate.settings.readyTimeout;
  return coreError("PKT_CLUSTER_NOT_READY", { worker: worker.slot, timeout });
}
