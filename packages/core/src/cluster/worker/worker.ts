/** The lifecycle of a server in a worker. */
import type { AddressInfo } from "node:net";
import type { Channel, DrainScope } from "../../capability/contract.ts";
import { coreError } from "../../errors/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { createDeferred, type Deferred } from "../../node/deferred.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import type { CallLink } from "../../shared/calls.ts";
import { Channels } from "../ipc/channels.ts";
import { toReport } from "../ipc/error-report.ts";
import { logCuts, NOTHING_CUT } from "../process/cut-report.ts";
import type { HttpListener, Lifecycle, ReloadResult, ServerDelegate } from "../process/lifecycle.ts";
import { type Traffic, trafficOf } from "../process/load-meter.ts";
import { applyPriority } from "../process/priority.ts";
import { announceDraining, finishService, type ServiceEnd } from "../process/shutdown.ts";
import {
  ANSWER_TIMEOUT,
  type LinkedServer,
  linkToPrimary,
  type PrimaryLink,
  type ServerMessage,
} from "./primary-link.ts";
import { ReceivedConnections } from "./received-connections.ts";
import { WorkerListener } from "./worker-listener.ts";

/** Over how long the connections of a worker that is replaced begin to drain, at most, in milliseconds. */
const DRAIN_SPREAD = 2_000;

/** The primary's answer to "lookup", with which a worker asks for a server's address. */
interface Location {
  readonly address: AddressInfo;
  /** Whether this worker serves the server. */
  readonly here: boolean;
}

/** Serves one server in this worker. */
export class WorkerLifecycle implements Lifecycle, LinkedServer {
  readonly role = "worker";
  readonly workerId: number;
  readonly key: string;
  readonly #delegate: ServerDelegate;
  readonly #link: PrimaryLink;
  readonly callLink: CallLink;
  readonly #channels: Channels;
  readonly #workerListener: WorkerListener;
  readonly #received: ReceivedConnections;
  readonly #location: Deferred<Location> = createDeferred();
  /** Resolves at the message "draining": the server is about to stop in every process. */
  readonly #drainAnnounced: Deferred<void> = createDeferred();
  /** Resolves at the message "drain": the primary hands no more connections to this worker. */
  readonly #drainOrdered: Deferred<void> = createDeferred();
  #listener: HttpListener | undefined;
  #started: Promise<AddressInfo> | undefined;
  #stopped: Promise<void> | undefined;
  #drained: Promise<void> | undefined;
  #announced = false;
  /** Gets the primary's answers to the calls of shared services. */
  #hearAnswer: (payload: string) => void = () => {};

  constructor(delegate: ServerDelegate, workerId: number) {
    this.#delegate = delegate;
    this.key = delegate.key;
    this.workerId = workerId;
    this.#workerListener = new WorkerListener(delegate.log);
    const link = linkToPrimary();
    this.#link = link;
    this.#received = new ReceivedConnections(delegate.key, (message) => link.send(message));
    this.#channels = new Channels({
      key: delegate.key,
      workerId,
      log: delegate.log,
      toPrimary: (message) => link.sendBounded(message),
      toWorkers: (message) => link.sendBounded(message),
    });
    this.callLink = {
      get isConnected() {
        return process.connected;
      },
      send: (payload) => link.sendIfRoom({ type: "shared-call", key: delegate.key, payload }),
      receive: (hear) => {
        this.#hearAnswer = hear;
      },
    };
    link.add(this);
  }

  start(): Promise<AddressInfo> {
    this.#started ??= this.#start();
    return this.#started;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  retire(): Promise<void> {
    return this.#link.leave();
  }

  reload(): Promise<ReloadResult> {
    return this.#link.reload();
  }

  get log(): Logger {
    return this.#delegate.log;
  }

  reportError(error: unknown): void {
    this.#delegate.failed?.(error);
  }

  get traffic(): Traffic {
    return trafficOf(this.#listener);
  }

  get isDraining(): boolean {
    return this.#announced;
  }

  status(): undefined {}

  openChannel<Message>(name: string): Channel<Message> {
    return this.#channels.open(name);
  }

  receive(message: ServerMessage, handle: unknown): void {
    switch (message.type) {
      case "listening":
        this.#workerListener.setOwnSocket(handle);
        return this.#location.resolve({ address: message.address, here: true });
      case "elsewhere":
        return this.#location.resolve({ address: message.address, here: false });
      case "unknown":
        return this.#location.reject(coreError("PKT_CLUSTER_UNKNOWN_SERVER", { key: this.key }));
      case "connection":
        return this.#received.accept(message.connection, handle, this.#listener);
      case "probe":
        return this.#link.send({ type: "probed", key: this.key, connection: message.connection });
      case "adopt":
        return this.#workerListener.adopt(message.slot, handle, this.#delegate.settings, this.#listener);
      case "lead":
        return this.#delegate.acquireLeadership(BigInt(message.token));
      case "stop-listening":
        return this.#workerListener.stopListening(message.slot);
      case "draining":
        this.#drainAnnounced.resolve();
        if (this.#drained !== undefined) void this.#listener?.drain(this.#delegate.settings.idleGrace);
        return this.#announce("server");
      case "count":
        return this.#link.send({ type: "counted", key: this.key, inFlight: this.#inFlight });
      case "drain":
        this.#drainOrdered.resolve();
        return void this.drain(this.#delegate.settings.idleGrace, message.timeoutMs);
      case "shared-answer":
        return this.#hearAnswer(message.payload);
      case "channel":
        return this.#channels.deliver(message);
    }
  }

  drain(
    idleGrace: number = this.#delegate.settings.idleGrace,
    timeoutMs: number = this.#delegate.settings.drainTimeout,
  ): Promise<void> {
    this.#drained ??= this.#drain(idleGrace, timeoutMs);
    return this.#drained;
  }

  async #start(): Promise<AddressInfo> {
    const delegate = this.#delegate;
    try {
      this.#assertNotStopped();
      applyPriority(delegate, this.workerId);
      await delegate.run("starting");
      this.#assertNotStopped();
      this.#link.send({ type: "lookup", key: this.key, timeoutMs: delegate.settings.readyTimeout });
      const { address, here } = await this.#location.promise;
      this.#assertNotStopped();
      if (here) {
        await delegate.runReadyHooks();
        this.#assertNotStopped();
        this.#listener = delegate.createListener();
      }
      delegate.listeningAt(address);
      if (here) await this.#becomeReady();
      return address;
    } catch (error) {
      if (this.#drained === undefined)
        this.#link.send({ type: "failed", key: this.key, error: toReport(error) });
      await this.drain();
      throw error;
    }
  }

  /**
   * Runs the `listening` hooks, then accepts connections. If a hook opens a database, requests wait until the database
   * is open.
   */
  async #becomeReady(): Promise<void> {
    await this.#delegate.run("listening");
    this.#assertNotStopped();
    if (this.#listener !== undefined)
      await this.#workerListener.listen(this.workerId, this.#delegate.settings, this.#listener);
    this.#link.drainOnErrors();
    this.#link.send({ type: "ready", key: this.key });
    this.#link.startHeartbeat(this.#delegate.settings.heartbeatInterval);
  }

  /** Asks the primary to stop the server in every process. Drains it in this one if the primary does not answer. */
  async #stop(): Promise<void> {
    this.#link.send({ type: "stop-requested", key: this.key });
    await withTimeLimit(
      Promise.race([this.#drainAnnounced.promise, this.#drainOrdered.promise]),
      ANSWER_TIMEOUT,
      () => {},
    );
    const { preDrainDelay } = this.#delegate.settings;
    if (this.#announced)
      await withTimeLimit(this.#drainOrdered.promise, preDrainDelay + ANSWER_TIMEOUT, () => {});
    await this.drain();
  }

  get #inFlight(): number {
    return this.#listener?.load.inFlight ?? 0;
  }

  async #drain(idleGrace: number, timeoutMs: number): Promise<void> {
    const delegate = this.#delegate;
    let end: ServiceEnd = { clean: true, cut: NOTHING_CUT };
    this.#location.reject(coreError("PKT_SERVER_STOPPED"));
    // Other workers serve the clients of this one, which would all connect to them in the same moment. When the whole
    // server stops or the primary has exited, no other worker does.
    const spreadMs = this.#announced || !process.connected ? 0 : DRAIN_SPREAD;
    if (this.#started !== undefined) {
      this.#announce("worker");
      // Starts before the drain of requests, which may take long: the next leader can begin once these tasks have
      // ended.
      void delegate
        .releaseLeadership(timeoutMs)
        .then((ended) => ended && this.#link.send({ type: "leadership-released", key: this.key }));
      await this.#workerListener.close();
      end = await finishService(delegate, this.#listener, { idleGrace, timeoutMs, spreadMs });
      this.#listener = undefined;
    }
    // The primary logs what its workers cut; a worker whose primary has exited has to log it itself.
    if (!process.connected) logCuts(delegate.log, end.cut, timeoutMs);
    this.#link.send({ type: "drained", key: this.key, ...end });
  }

  /** Runs the `draining` hooks with the scope of the first call; does nothing at further calls. */
  #announce(scope: DrainScope): void {
    if (this.#announced || this.#started === undefined) return;
    this.#announced = true;
    announceDraining(this.#delegate, scope);
  }

  #assertNotStopped(): void {
    if (this.#drained !== undefined || this.#stopped !== undefined) throw coreError("PKT_SERVER_STOPPED");
  }
}
