/**
 * The primary: one supervisor for all servers of the program, which share one set of workers. It binds the ports,
 * keeps the workers alive and tells them when to begin and to end. It never parses HTTP.
 */
import type { AddressInfo } from "node:net";
import { coreError, type PacketronError } from "../errors.ts";
import { announceDraining, runStopped } from "./draining.ts";
import { fromReport } from "./error-report.ts";
import { localServers } from "./local-servers.ts";
import type { ErrorReport, ParcelMessage, WorkerMessage } from "./messages.ts";
import { Pool, type PoolOwner } from "./pool.ts";
import type { PrimaryServer } from "./primary-server.ts";
import { type Death, tellDeath, type WorkerProcess } from "./worker-process.ts";

/** Supervises the workers of this program. */
export class Supervisor implements PoolOwner {
  /** The servers that workers may serve, by key. */
  readonly #servers = new Map<string, PrimaryServer>();
  /** Where the stopped ones were: a worker that is forked later still runs the code that starts them. */
  readonly #former = new Map<string, AddressInfo>();
  /** Workers that wait until the primary starts a server. */
  readonly #asking = new Map<string, Set<WorkerProcess>>();
  #pool: Pool | undefined;
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
    this.#pool ??= new Pool(this, server.member.settings, server.member.log);
    for (const worker of this.#asking.get(server.key) ?? []) server.invite(worker);
    this.#asking.delete(server.key);
    this.#pool.grow(threads);
    await server.ready.promise;
  }

  /** Stops a server in every process; the last one takes the workers along. */
  stop(server: PrimaryServer): Promise<void> {
    server.stopping ??= this.#stop(server);
    return server.stopping;
  }

  /** Kills every worker. */
  force(): void {
    this.#pool?.force();
    this.#ending?.force();
  }

  /** Sends to every worker. */
  broadcast(parcel: ParcelMessage): void {
    this.#pool?.broadcast(parcel);
  }

  received(worker: WorkerProcess, message: WorkerMessage): void {
    worker.listening = true;
    switch (message.type) {
      case "ask":
        return this.#answer(worker, message.key, message.patience);
      case "ready":
        return this.#ready(worker, message.key);
      case "failed":
        return this.#failed(worker, message.key, message.error);
      case "dying":
        worker.report = message.error;
        return;
      case "accepted":
        return this.#servers.get(message.key)?.accepted(worker, message.connection, message.closed);
      case "closed":
        return this.#servers.get(message.key)?.closed(worker, message.closed);
      case "beat":
        return this.#pool?.heard(worker, message.debugged);
      case "leaving":
        return void this.#leave(worker);
      case "halt":
        return this.#halt(message.key);
      case "stopped":
        return this.#servers.get(message.key)?.release(worker, message.clean);
      case "parcel":
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
    for (const workers of this.#asking.values()) workers.delete(worker);
    for (const server of this.#servers.values()) server.release(worker, true);
    // What was killed from outside had no error of its own, and gets another chance.
    if (worker.leaving || death.signal !== null) return;
    const error = fromReport(worker.slot, tellDeath(death), worker.report);
    for (const server of this.#in("starting")) server.ready.reject(error);
  }

  gaveUp(error: PacketronError): void {
    for (const server of this.#in("starting")) server.ready.reject(error);
    const running = this.#in("running");
    if (running.length === 0) return;
    // Whoever supervises this process must see that it failed, also when the application holds its loop open.
    process.exitCode = 1;
    for (const { member } of running) {
      member.log.error({ err: error }, error.message);
      member.failed?.(error);
    }
    void Promise.all(running.map((server) => this.stop(server))).then(() => process.exit(1));
  }

  /** A worker asks for a server. */
  #answer(worker: WorkerProcess, key: string, patience: number): void {
    const server = this.#servers.get(key);
    const former = this.#former.get(key);
    const elsewhere = (address: AddressInfo): void => worker.post({ type: "elsewhere", key, address });
    if (server?.isOpen === true) return server.invite(worker);
    if (former !== undefined) return elsewhere(former);
    const local = localServers.get(key);
    if (local !== undefined) return void local.start().then(elsewhere, () => {});
    const asking = this.#asking.get(key) ?? new Set();
    this.#asking.set(key, asking.add(worker));
    // It may be constructed later: the primary waits for its workers where they do not wait for each other.
    const giveUp = (): void => {
      if (!this.#servers.has(key) && asking.delete(worker)) worker.post({ type: "unknown", key });
    };
    setTimeout(giveUp, patience).unref();
  }

  #ready(worker: WorkerProcess, key: string): void {
    this.#servers.get(key)?.admit(worker);
    const wanted = [...this.#in("starting").filter((server) => server.isOpen), ...this.#in("running")];
    if (wanted.every((server) => server.isServedBy(worker))) this.#pool?.settle(worker);
    for (const server of this.#in("starting")) {
      if (this.#pool?.everySlot((one) => server.isServedBy(one)) === true) server.ready.resolve();
    }
  }

  #failed(worker: WorkerProcess, key: string, error: ErrorReport): void {
    worker.report = error;
    const server = this.#servers.get(key);
    if (server?.state === "starting")
      server.ready.reject(fromReport(worker.slot, "its start() failed", error));
    else if (server?.state === "running") void this.#leave(worker);
  }

  /** Lets one worker drain and end, while another takes its place. */
  async #leave(worker: WorkerProcess): Promise<void> {
    if (worker.leaving) return;
    worker.leaving = true;
    this.#pool?.retire(worker);
    await Promise.all([...this.#servers.values()].map((server) => server.drain(worker)));
    await worker.end();
  }

  #halt(key: string): void {
    const server = this.#servers.get(key);
    if (server !== undefined) void this.stop(server);
    else void localServers.get(key)?.stop();
  }

  async #stop(server: PrimaryServer): Promise<void> {
    const { state, member } = server;
    server.state = "stopping";
    if (state !== "idle") {
      announceDraining(member);
      await server.close();
    }
    server.state = "stopped";
    this.#servers.delete(server.key);
    this.#former.set(server.key, server.address);
    const others = [...this.#servers.values()].filter((other) => other.state !== "idle");
    if (others.length === 0) {
      const pool = this.#pool;
      this.#pool = undefined;
      this.#ending = pool;
      await pool?.close();
    }
    if (state !== "idle") await runStopped(member);
    server.ended.resolve();
  }

  #in(state: "starting" | "running"): PrimaryServer[] {
    return [...this.#servers.values()].filter((server) => server.state === state);
  }
}

function lateError(worker: WorkerProcess, server: PrimaryServer): PacketronError {
  const timeout = server.member.settings.readyTimeout;
  return coreError("PKT_CLUSTER_NOT_READY", { worker: worker.slot, timeout });
}
