/** The primary's part of one server: its port, the workers that serve it, its start and its drain. */
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { coreError } from "../../errors/errors.ts";
import { createDeferred, type Deferred } from "../../node/deferred.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import type { Channels } from "../ipc/channels.ts";
import { socketAddress } from "../ports/bind.ts";
import { openPort, type ServerPort } from "../ports/port.ts";
import { addCuts, type CutReport, countOf, logCuts, NOTHING_CUT } from "../process/cut-report.ts";
import type { ServerDelegate } from "../process/lifecycle.ts";
import { announceDraining, STOP_HOOK_GRACE } from "../process/shutdown.ts";
import { LeaderElection } from "./leader-election.ts";
import { ServerAssignment } from "./server-assignment.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** The states of a server; it passes through them in this order. */
export type ServerState = "idle" | "starting" | "running" | "stopping" | "stopped";

/** How much longer than `drainTimeout` a worker may take to cut requests and run its stop hooks, in milliseconds. */
const CUT_GRACE = STOP_HOOK_GRACE + 500;

/** Opens the port of one server, gives its connections to workers, and drains it. */
export class PrimaryServer {
  readonly delegate: ServerDelegate;
  readonly channels: Channels;
  state: ServerState = "idle";
  address: AddressInfo;
  /** Resolves when every worker is ready; rejects when the first of them fails. */
  readonly ready: Deferred<void> = createDeferred();
  /** Resolves when the server has stopped, for any reason. */
  readonly ended: Deferred<void> = createDeferred();
  /** The promise that every caller of `stop()` gets; `undefined` before the first call. */
  stopping: Promise<void> | undefined;
  /**
   * Whether the server has so far neither cut a connection nor killed a worker in order to stop, no worker has exited
   * undrained during the stop, and no exception was uncaught in the primary.
   */
  clean = true;
  readonly #assignments = new Map<WorkerProcess, ServerAssignment>();
  readonly #election: LeaderElection<WorkerProcess>;
  #port: ServerPort | undefined;
  /** Resolves when the next worker is admitted; set while the stop waits for one. */
  #nextAdmitted: Deferred<void> | undefined;
  /** What the workers have cut while the server stops. */
  #cut = NOTHING_CUT;

  constructor(delegate: ServerDelegate, channels: Channels) {
    this.delegate = delegate;
    this.channels = channels;
    this.#election = new LeaderElection(
      () => this.#servingWorkers(),
      (worker, token) => worker.send({ type: "lead", key: this.key, token: String(token) }),
    );
    const { host, port, socket } = delegate.settings;
    const family = host.includes(":") ? "IPv6" : "IPv4";
    this.address = socket === undefined ? { address: host, port, family } : socketAddress(socket.path);
  }

  get key(): string {
    return this.delegate.key;
  }

  /** Whether the server accepts connections. */
  get isOpen(): boolean {
    return this.#port?.listening === true;
  }

  /** Binds the port. Connections wait until the first worker is ready. */
  async open(): Promise<void> {
    const port = await openPort(this.delegate.settings, this.delegate.log);
    this.address = port.address;
    this.#port = port;
    if (this.state !== "starting") await port.close();
  }

  /** Sends the address of the server to the worker, which then prepares to serve the server. */
  invite(worker: WorkerProcess): void {
    const { key, address } = this;
    this.#assignments.set(worker, new ServerAssignment(worker, key));
    // A worker with a socket of the port gets connections. So a candidate gets its socket only when it is admitted.
    const socket = worker.onTrial ? undefined : this.#port?.socketFor(worker.slot);
    worker.send({ type: "listening", key, address }, socket);
  }

  /** Records that the worker is ready for this server. */
  markReady(worker: WorkerProcess): void {
    const assignment = this.#assignments.get(worker);
    if (assignment !== undefined) assignment.ready = true;
  }

  /** Lets the port give the worker connections, if it is ready for this server. */
  admit(worker: WorkerProcess): void {
    const assignment = this.#assignments.get(worker);
    if (assignment === undefined || !assignment.ready) return;
    if (assignment.admitted || assignment.drained !== undefined) return;
    assignment.admitted = true;
    this.#port?.add(assignment);
    this.#nextAdmitted?.resolve();
    void worker.exited.then(() => this.#election.released(worker));
    this.#election.elect();
  }

  /** Records that the worker's `onLeader()` tasks have ended. */
  leadershipReleased(worker: WorkerProcess): void {
    this.#election.released(worker);
  }

  /** Whether the worker is ready for this server. */
  isServedBy(worker: WorkerProcess): boolean {
    return this.#assignments.get(worker)?.ready === true;
  }

  /** Records that the worker owns the connection, and how many connections it has closed so far. */
  acknowledge(worker: WorkerProcess, connection: number, closed: number): void {
    const assignment = this.#assignments.get(worker);
    if (assignment?.admitted === true) this.#port?.acknowledge(assignment, connection, closed);
  }

  /** Records the worker's answer to a probe: it has read every message up to the one that brought this connection. */
  probed(worker: WorkerProcess, connection: number): void {
    const assignment = this.#assignments.get(worker);
    if (assignment?.admitted !== true) return;
    this.#port?.probed(assignment, connection);
    assignment.probed(connection);
  }

  /** Records how many connections the worker has closed so far. */
  reportClosed(worker: WorkerProcess, closed: number): void {
    const assignment = this.#assignments.get(worker);
    if (assignment?.admitted === true) this.#port?.reportClosed(assignment, closed);
  }

  /** Asks the workers how many requests they answer now, and adds up. */
  async countInFlight(): Promise<number> {
    const counts = await Promise.all([...this.#assignments.values()].map((one) => one.countInFlight()));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Records the worker's answer: how many requests it answers now. */
  counted(worker: WorkerProcess, inFlight: number): void {
    this.#assignments.get(worker)?.counted(inFlight);
  }

  /** Answers a call of the worker to the server's shared services. */
  answerCall(worker: WorkerProcess, payload: string): void {
    const { key } = this;
    this.delegate.answerCall?.(worker, payload, (answer) =>
      worker.sendIfRoom({ type: "shared-answer", key, payload: answer }),
    );
  }

  /** Records that the worker has drained, whether that was clean, and what it cut. */
  drainEnded(worker: WorkerProcess, clean: boolean, cut: CutReport): void {
    const { slot, pid } = worker;
    const { log, settings } = this.delegate;
    log.debug({ worker: slot, pid, clean }, `worker ${slot} has drained`);
    // When the server stops, one line reports all workers.
    if (this.state === "stopping") this.#cut = addCuts([this.#cut, cut]);
    else logCuts(log, cut, settings.drainTimeout, `worker ${slot}: `);
    this.#remove(worker, clean);
  }

  /**
   * Waits for a worker that is starting while connections wait for their first worker: closing the port would reset
   * them.
   */
  async #serveWaiting(starting: readonly WorkerProcess[], timeoutMs: number): Promise<void> {
    if (this.#port === undefined || this.#port.waiting === 0 || this.#servingWorkers().length > 0) return;
    this.#nextAdmitted = createDeferred();
    const allLeft = Promise.all(starting.map((worker) => worker.left.promise));
    const admitted = Promise.race([this.#nextAdmitted.promise, allLeft]);
    await withTimeLimit(admitted, timeoutMs, () => {});
  }

  #remove(worker: WorkerProcess, clean: boolean): void {
    const assignment = this.#assignments.get(worker);
    if (assignment === undefined) return;
    this.#assignments.delete(worker);
    if (assignment.admitted) this.#port?.remove(assignment);
    assignment.drained?.resolve(clean);
  }

  /**
   * Removes a worker that has exited. During a stop of this server, a worker that exits before it has drained makes the
   * stop unclean.
   *
   * @returns Whether the worker served this server and had not drained: its unanswered requests are lost.
   */
  removeExited(worker: WorkerProcess): boolean {
    this.delegate.callerExited?.(worker);
    const undrained = this.#assignments.get(worker)?.admitted === true;
    if (undrained && this.state === "stopping") this.clean = false;
    this.#remove(worker, !undrained);
    return undrained;
  }

  /**
   * Announces the drain to every worker, waits for `preDrainDelay`, closes the port and drains every worker.
   *
   * @param starting Workers that are not ready yet.
   */
  async close(starting: readonly WorkerProcess[]): Promise<void> {
    this.ready.reject(coreError("PKT_SERVER_STOPPED"));
    this.#election.close();
    const { preDrainDelay, drainTimeout } = this.delegate.settings;
    const unservedBefore = this.#port?.unserved ?? 0;
    for (const worker of this.#assignments.keys()) worker.send({ type: "draining", key: this.key });
    announceDraining(this.delegate, "server");
    if (preDrainDelay > 0) await pause(preDrainDelay);
    const deadline = performance.now() + drainTimeout;
    await this.#serveWaiting(starting, drainTimeout);
    await this.#port?.close();
    const left = Math.ceil(Math.max(0, deadline - performance.now()));
    await Promise.all([...this.#assignments.keys()].map((worker) => this.drain(worker, left)));
    logCuts(this.delegate.log, this.#cut, drainTimeout);
    this.#reportUnserved((this.#port?.unserved ?? 0) - unservedBefore);
  }

  #reportUnserved(count: number): void {
    if (count === 0) return;
    this.clean = false;
    const verb = count === 1 ? "was" : "were";
    this.delegate.log.warn(
      { count },
      `${countOf(count, "connection")} ${verb} closed before a worker could take them`,
    );
  }

  /** Drains this server in one worker, which gets no more connections. Kills a worker that does not drain in time. */
  async drain(worker: WorkerProcess, timeoutMs: number = this.delegate.settings.drainTimeout): Promise<void> {
    const assignment = this.#assignments.get(worker);
    if (assignment === undefined) return;
    const drained = assignment.drained ?? this.#orderDrain(assignment, timeoutMs);
    const clean = await withTimeLimit(drained.promise, timeoutMs + CUT_GRACE, () => {
      worker.kill("SIGKILL");
      return false;
    });
    // Only while the server stops. A worker that is replaced while other workers serve does not make the server's later
    // end unclean.
    if (!clean && this.state === "stopping") this.clean = false;
  }

  /** Orders a worker to drain. The port retires it first: no connection may follow the message "drain". */
  #orderDrain(assignment: ServerAssignment, timeoutMs: number): Deferred<boolean> {
    if (assignment.admitted) this.#port?.retire(assignment);
    return assignment.drain(timeoutMs);
  }

  #servingWorkers(): WorkerProcess[] {
    return [...this.#assignments.values()]
      .filter((assignment) => assignment.isServing)
      .map(({ worker }) => worker);
  }
}
