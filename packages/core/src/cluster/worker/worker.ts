/** A server in a worker: it never listens, the primary hands connections over. */
import type { AddressInfo } from "node:net";
import type { Channel } from "../../capability/contract.ts";
import { coreError } from "../../errors/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { createDeferred, type Deferred } from "../../node/deferred.ts";
import { receiveConnection } from "../../node/raw-connection.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import { Channels } from "../ipc/channels.ts";
import { ClosedCount } from "../ipc/closed-count.ts";
import { toReport } from "../ipc/error-report.ts";
import type {
  DrainScope,
  HttpListener,
  Lifecycle,
  ReloadResult,
  ServerDelegate,
} from "../process/lifecycle.ts";
import { type Traffic, trafficOf } from "../process/load-meter.ts";
import { applyPriority } from "../process/priority.ts";
import { announceDraining, finishService } from "../process/shutdown.ts";
import {
  ANSWER_WITHIN,
  type LinkedServer,
  linkToPrimary,
  type PrimaryLink,
  type ServerMessage,
} from "./primary-link.ts";
import { Accepting } from "./worker-listener.ts";

/** What the primary said about a server. */
interface Place {
  readonly address: AddressInfo;
  /** Whether this process is to serve it. */
  readonly here: boolean;
}

/** Serves one server in this worker. */
export class WorkerLifecycle implements Lifecycle, LinkedServer {
  readonly role = "worker";
  readonly workerId: number;
  readonly key: string;
  readonly #delegate: ServerDelegate;
  readonly #link: PrimaryLink;
  readonly #channels: Channels;
  readonly #accepting: Accepting;
  readonly #closed: ClosedCount;
  readonly #place: Deferred<Place> = createDeferred();
  /** Resolves when the primary says that the server is about to stop everywhere. */
  readonly #warned: Deferred<void> = createDeferred();
  /** Resolves when the primary says "stop". */
  readonly #told: Deferred<void> = createDeferred();
  #listener: HttpListener | undefined;
  #started: Promise<AddressInfo> | undefined;
  #stopped: Promise<void> | undefined;
  #drained: Promise<void> | undefined;
  #announced = false;

  constructor(delegate: ServerDelegate, workerId: number) {
    this.#delegate = delegate;
    this.key = delegate.key;
    this.workerId = workerId;
    this.#accepting = new Accepting(delegate.log);
    const link = linkToPrimary();
    this.#link = link;
    this.#closed = new ClosedCount((closed) => link.send({ type: "closed", key: delegate.key, closed }));
    this.#channels = new Channels({
      key: delegate.key,
      workerId,
      log: delegate.log,
      toPrimary: (message) => link.sendBounded(message),
      toWorkers: (message) => link.sendBounded(message),
    });
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

  tellError(error: unknown): void {
    this.#delegate.failed?.(error);
  }

  get traffic(): Traffic {
    return trafficOf(this.#listener);
  }

  get stopsSoon(): boolean {
    return this.#announced;
  }

  status(): undefined {}

  openChannel<Message>(name: string): Channel<Message> {
    return this.#channels.open(name);
  }

  received(message: ServerMessage, handle: unknown): void {
    switch (message.type) {
      case "listening":
        this.#accepting.keep(handle);
        return this.#place.resolve({ address: message.address, here: true });
      case "elsewhere":
        return this.#place.resolve({ address: message.address, here: false });
      case "unknown":
        return this.#place.reject(coreError("PKT_CLUSTER_UNKNOWN_SERVER", { key: this.key }));
      case "connection":
        return this.#accept(message.connection, handle);
      case "probe":
        return this.#link.send({ type: "probed", key: this.key, connection: message.connection });
      case "adopt":
        return this.#accepting.adopt(message.slot, handle, this.#delegate.settings, this.#listener);
      case "lead":
        return this.#delegate.acquireLeadership();
      case "stop-listening":
        return this.#accepting.disown(message.slot);
      case "draining":
        this.#warned.resolve();
        return this.#announce("server");
      case "stop":
        this.#told.resolve();
        return void this.drain();
      case "channel":
        return this.#channels.deliver(message);
    }
  }

  drain(
    idleGrace: number = this.#delegate.settings.idleGrace,
    patience: number = this.#delegate.settings.drainTimeout,
  ): Promise<void> {
    this.#drained ??= this.#drain(idleGrace, patience);
    return this.#drained;
  }

  async #start(): Promise<AddressInfo> {
    const delegate = this.#delegate;
    try {
      this.#assertWanted();
      applyPriority(delegate, this.workerId);
      await delegate.run("starting");
      this.#assertWanted();
      this.#link.send({ type: "lookup", key: this.key, timeoutMs: delegate.settings.readyTimeout });
      const { address, here } = await this.#place.promise;
      this.#assertWanted();
      if (here) {
        await delegate.runReadyHooks();
        this.#assertWanted();
        this.#listener = delegate.createListener();
      }
      delegate.listeningAt(address);
      if (here) await this.#runReadyHooks();
      return address;
    } catch (error) {
      if (this.#drained === undefined)
        this.#link.send({ type: "failed", key: this.key, error: toReport(error) });
      await this.drain();
      throw error;
    }
  }

  /** Ready means that the hooks have run, too: an application that opens its database there is served when it is open. */
  async #runReadyHooks(): Promise<void> {
    await this.#delegate.run("listening");
    this.#assertWanted();
    if (this.#listener !== undefined)
      await this.#accepting.begin(this.workerId, this.#delegate.settings, this.#listener);
    this.#link.surviveErrors();
    this.#link.send({ type: "ready", key: this.key });
    this.#link.beat(this.#delegate.settings.heartbeatInterval);
  }

  /** The primary stops the server everywhere; when it is not able to answer, here at least. */
  async #stop(): Promise<void> {
    this.#link.send({ type: "stop-requested", key: this.key });
    await withTimeLimit(Promise.race([this.#warned.promise, this.#told.promise]), ANSWER_WITHIN, () => {});
    const { preDrainDelay } = this.#delegate.settings;
    if (this.#announced) await withTimeLimit(this.#told.promise, preDrainDelay + ANSWER_WITHIN, () => {});
    await this.drain();
  }

  async #drain(idleGrace: number, patience: number): Promise<void> {
    const delegate = this.#delegate;
    const listener = this.#listener;
    let clean = true;
    this.#place.reject(coreError("PKT_SERVER_STOPPED"));
    if (this.#started !== undefined) {
      this.#announce("worker");
      // At once, while requests may go on for long: the next one leads as soon as nothing is led here.
      void delegate
        .releaseLeadership(patience)
        .then((ended) => ended && this.#link.send({ type: "leadership-released", key: this.key }));
      await this.#accepting.end();
      clean = await finishService(delegate, listener, { idleGrace, patience });
      this.#listener = undefined;
    }
    this.#link.send({ type: "stopped", key: this.key, clean });
  }

  /** Draining begins; what is said first counts. */
  #announce(scope: DrainScope): void {
    if (this.#announced || this.#started === undefined) return;
    this.#announced = true;
    announceDraining(this.#delegate, scope);
  }

  #accept(connection: number, handle: unknown): void {
    const listener = this.#listener;
    const socket = receiveConnection(handle);
    if (listener === undefined) {
      // Not acknowledged, so that the primary gives it to another worker.
      socket?.destroy();
      return;
    }
    // Before anything is read in the next turn of the loop: from here on only this process can answer it.
    this.#link.send({ type: "accepted", key: this.key, connection, closed: this.#closed.tell() });
    if (socket === undefined) {
      // The peer had reset it before it was sent.
      this.#closed.add();
      return;
    }
    socket.on("close", this.#countClosed);
    listener.accept(socket);
  }

  readonly #countClosed = (): void => this.#closed.add();

  #assertWanted(): void {
    if (this.#drained !== undefined || this.#stopped !== undefined) throw coreError("PKT_SERVER_STOPPED");
  }
}
