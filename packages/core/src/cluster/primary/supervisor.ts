/**
 * The primary: one supervisor for all servers of the program, which share one set of workers. It binds the ports,
 * keeps the workers alive and tells them when to begin and to end. It never parses HTTP.
 */
import { coreError, type PacketronError } from "../../errors/errors.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import { fromReport } from "../ipc/error-report.ts";
import type { ChannelMessage, ErrorReport, WorkerMessage } from "../ipc/messages.ts";
import type { ReloadResult } from "../process/lifecycle.ts";
import { localServers } from "../process/local-servers.ts";
import { runStopped } from "../process/shutdown.ts";
import type { PrimaryStatus } from "../process/status.ts";
import { Pool, type PoolOwner } from "./pool.ts";
import type { PrimaryServer } from "./primary-server.ts";
import { Renewal } from "./renewal.ts";
import type { SuccessionOwner } from "./replacement.ts";
import { Reception } from "./server-lookup.ts";
import { type Death, END_GRACE, tellDeath, type WorkerProcess } from "./worker-process.ts";

/** Supervises the workers of this program. */
export class Supervisor implements PoolOwner, SuccessionOwner {
  /** The servers that workers may serve, by key. */
  readonly #servers = new Map<string, PrimaryServer>();
  readonly #reception = new Reception(this.#servers);
  readonly #startedAt = Date.now();
  #pool: Pool | undefined;
  #renewal: Renewal | undefined;
  /** The one that is being closed: a second signal must find its workers, too. */
  #ending: Pool | undefined;

  /** Whether a server of this program has workers or will have them. */
  get busy(): boolean {
    return this.#servers.size > 0;
  }

  /** Makes a server known, so that workers that ask for it wait until it is started. */
  add(server: PrimaryServer): void {
    this.#servers.set(server.key, server);
  }

  /** Has the server, whose port is bound, served by at least this many workers; resolves when each is ready. */
  async serve(server: PrimaryServer, threads: number): Promise<void> {
    const { settings, log } = server.delegate;
    this.#pool ??= new Pool(this, settings, log);
    this.#renewal ??= new Renewal(this.#pool, this, settings, log);
    this.#reception.open(server);
    this.#pool.grow(threads);
    await server.ready.promise;
  }

  /** Stops a server in every process; the last one takes the workers along. */
  stop(server: PrimaryServer): Promise<void> {
    server.stopping ??= this.#stop(server);
    return server.stopping;
  }

  /** Replaces every worker by one that runs the file as it is on disk now. */
  async reload(): Promise<ReloadResult> {
    if (this.#renewal !== undefined && this.#isIn("running")) return this.#renewal.reloads.reload();
    return { ok: false, generation: this.#pool?.generation ?? 0, reason: "the server is not running" };
  }

  /** What there is to tell about the program. */
  status(): PrimaryStatus {
    const pool = this.#pool ?? this.#ending;
    return {
      pid: process.pid,
      generation: pool?.generation ?? 0,
      addresses: [...this.#servers.values()].filter((one) => one.isOpen).map(({ address }) => address),
      startedAt: this.#startedAt,
      workers: pool === undefined ? [] : pool.describeWorkers(),
    };
  }

  /** Kills every worker. */
  force(): void {
    this.#pool?.force();
    this.#ending?.force();
  }

  /** Sends to every worker. */
  broadcast(message: ChannelMessage): void {
    this.#pool?.broadcast(message);
  }

  received(worker: WorkerProcess, message: WorkerMessage): void {
    worker.listening = true;
    switch (message.type) {
      case "lookup":
        return this.#reception.answer(worker, message.key, message.timeoutMs);
      case "ready":
        return this.#ready(worker, message.key);
      case "failed":
        return this.#failed(worker, message.key, message.error);
      case "dying":
        worker.report = message.error;
        return;
      case "accepted":
        return this.#servers.get(message.key)?.accepted(worker, message.connection, message.closed);
      case "probed":
        return this.#servers.get(message.key)?.probed(worker, message.connection);
      case "closed":
        return this.#servers.get(message.key)?.closed(worker, message.closed);
      case "heartbeat":
        worker.tell(message.load);
        this.#pool?.heard(worker, message.debugged);
        return this.#renewal?.consider(worker);
      case "leaving":
        return void this.#leave(worker);
      case "reload":
        return this.#reloadFor(worker, message.ticket);
      case "stop-requested":
        return this.#halt(message.key);
      case "leadership-released":
        return this.#servers.get(message.key)?.yielded(worker);
      case "stopped":
        return this.#servers.get(message.key)?.release(worker, message.clean);
      case "channel":
        if (message.to === "worker") this.broadcast(message);
        else this.#servers.get(message.key)?.channels.deliver(message);
    }
  }

  late(worker: WorkerProcess): void {
    const missing = this.#in("starting").filter((server) => !server.isServedBy(worker));
    for (const server of missing) server.ready.reject(lateError(worker, server));
    const [server] = this.#in("running");
    if (missing.length > 0 || server === undefined) return;
    worker.report = { message: lateError(worker, server).message };
    worker.kill("SIGKILL");
  }

  ended(worker: WorkerProcess, death: Death): void {
    this.#reception.forget(worker);
    this.#renewal?.reloads.leaving(worker);
    for (const server of this.#servers.values()) server.release(worker, true);
    // What was killed from outside had no error of its own, and gets another chance.
    if (worker.leaving || worker.onTrial || death.signal !== null) return;
    const error = fromReport(worker.slot, tellDeath(death), worker.report);
    for (const server of this.#in("starting")) server.ready.reject(error);
  }

  gaveUp(error: PacketronError): void {
    for (const server of this.#in("starting")) server.ready.reject(error);
    const running = this.#in("running");
    if (running.length === 0) return;
    // Whoever supervises this process must see that it failed, also when the application holds its loop open.
    process.exitCode = 1;
    for (const { delegate } of running) {
      delegate.log.error({ err: error }, error.message);
      delegate.failed?.(error);
    }
    void Promise.all(running.map((server) => this.stop(server))).then(() => process.exit(1));
  }

  admit(worker: WorkerProcess): void {
    for (const server of this.#servers.values()) server.admit(worker);
  }

  async release(worker: WorkerProcess): Promise<void> {
    if (!worker.leaving) await this.#drain(worker);
    else await worker.gone;
  }

  async dismiss(worker: WorkerProcess): Promise<Death> {
    await withTimeLimit(this.#drain(worker), END_GRACE, () => worker.kill("SIGKILL"));
    return worker.gone;
  }

  #ready(worker: WorkerProcess, key: string): void {
    const server = this.#servers.get(key);
    server?.prepared(worker);
    if (!worker.onTrial) server?.admit(worker);
    const wanted = [...this.#in("starting").filter((one) => one.isOpen), ...this.#in("running")];
    if (wanted.every((one) => one.isServedBy(worker))) this.#pool?.settle(worker);
    for (const one of this.#in("starting")) {
      if (this.#pool?.everySlot((holder) => one.isServedBy(holder)) === true) one.ready.resolve();
    }
  }

  #failed(worker: WorkerProcess, key: string, error: ErrorReport): void {
    worker.report = error;
    const server = this.#servers.get(key);
    if (server?.state === "starting")
      server.ready.reject(fromReport(worker.slot, "its start() failed", error));
    else if (server?.state === "running") void this.#leave(worker);
  }

  /** A worker wants to end: another takes its place at once. When everything stops it is told in its turn. */
  async #leave(worker: WorkerProcess): Promise<void> {
    if (worker.leaving || this.#isIn("stopping")) return;
    await this.#drain(worker);
  }

  async #drain(worker: WorkerProcess): Promise<void> {
    worker.leave();
    this.#renewal?.reloads.leaving(worker);
    this.#pool?.retire(worker);
    await Promise.all([...this.#servers.values()].map((server) => server.drain(worker)));
    await worker.end();
  }

  #reloadFor(worker: WorkerProcess, ticket: number): void {
    const answer = (result: ReloadResult): void => worker.send({ type: "reloaded", ticket, ...result });
    if (this.#renewal !== undefined && this.#isIn("running")) this.#renewal.reloads.reloadFor(worker, answer);
    else void this.reload().then(answer);
  }

  #halt(key: string): void {
    const server = this.#servers.get(key);
    if (server !== undefined) void this.stop(server);
    else void localServers.get(key)?.stop();
  }

  async #stop(server: PrimaryServer): Promise<void> {
    const { state, delegate } = server;
    server.state = "stopping";
    const others = (): PrimaryServer[] =>
      [...this.#servers.values()].filter((other) => other !== server && other.state !== "idle");
    if (others().every((other) => other.state === "stopping")) this.#renewal?.close();
    if (state !== "idle") await server.close();
    server.state = "stopped";
    this.#servers.delete(server.key);
    this.#reception.close(server);
    if (others().length === 0) {
      const pool = this.#pool;
      this.#pool = undefined;
      this.#renewal = undefined;
      this.#ending = pool;
      await pool?.close();
    }
    if (state !== "idle") await runStopped(delegate);
    server.ended.resolve();
  }

  /** Whether every server that was started is in this state. */
  #isIn(state: "running" | "stopping"): boolean {
    const started = [...this.#servers.values()].filter((server) => server.state !== "idle");
    return started.length > 0 && started.every((server) => server.state === state);
  }

  #in(state: "starting" | "running" | "stopping"): PrimaryServer[] {
    return [...this.#servers.values()].filter((server) => server.state === state);
  }
}

function lateError(worker: WorkerProcess, server: PrimaryServer): PacketronError {
  const timeout = server.delegate.settings.readyTimeout;
  return coreError("PKT_CLUSTER_NOT_READY", { worker: worker.slot, timeout });
}
