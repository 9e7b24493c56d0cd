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
import type { DrainScope, Lifecycle, Member, ReloadResult, Serving } from "../process/lifecycle.ts";
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
  readonly #member: Member;
  readonly #link: PrimaryLink;
  readonly #channels: Channels;
  readonly #accepting: Accepting;
  readonly #closed: ClosedCount;
  readonly #place: Deferred<Place> = createDeferred();
  /** Resolves when the primary says that the server is about to stop everywhere. */
  readonly #warned: Deferred<void> = createDeferred();
  /** Resolves when the primary says "stop". */
  readonly #told: Deferred<void> = createDeferred();
  #serving: Serving | undefined;
  #started: Promise<AddressInfo> | undefined;
  #stopped: Promise<void> | undefined;
  #drained: Promise<void> | undefined;
  #announced = false;

  constructor(member: Member, workerId: number) {
    this.#member = member;
    this.key = member.key;
    this.workerId = workerId;
    this.#accepting = new Accepting(member.log);
    const link = linkToPrimary();
    this.#link = link;
    this.#closed = new ClosedCount((closed) => link.post({ type: "closed", key: member.key, closed }));
    this.#channels = new Channels({
      key: member.key,
      workerId,
      log: member.log,
      toPrimary: (parcel) => link.offer(parcel),
      toWorkers: (parcel) => link.offer(parcel),
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
    return this.#member.log;
  }

  tellError(error: unknown): void {
    this.#member.failed?.(error);
  }

  get traffic(): Traffic {
    return trafficOf(this.#serving);
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
        return this.#link.post({ type: "passed", key: this.key, connection: message.connection });
      case "adopt":
        return this.#accepting.adopt(message.slot, handle, this.#member.settings, this.#serving);
      case "lead":
        return this.#member.lead();
      case "disown":
        return this.#accepting.disown(message.slot);
      case "draining":
        this.#warned.resolve();
        return this.#announce("server");
      case "stop":
        this.#told.resolve();
        return void this.drain();
      case "parcel":
        return this.#channels.deliver(message);
    }
  }

  drain(
    idleGrace: number = this.#member.settings.idleGrace,
    patience: number = this.#member.settings.drainTimeout,
  ): Promise<void> {
    this.#drained ??= this.#drain(idleGrace, patience);
    return this.#drained;
  }

  async #start(): Promise<AddressInfo> {
    const member = this.#member;
    try {
      this.#assertWanted();
      applyPriority(member, this.workerId);
      await member.run("starting");
      this.#assertWanted();
      this.#link.post({ type: "ask", key: this.key, patience: member.settings.readyTimeout });
      const { address, here } = await this.#place.promise;
      this.#assertWanted();
      if (here) {
        await member.getReady();
        this.#assertWanted();
        this.#serving = member.createServing();
      }
      member.listeningAt(address);
      if (here) await this.#getReady();
      return address;
    } catch (error) {
      if (this.#drained === undefined)
        this.#link.post({ type: "failed", key: this.key, error: toReport(error) });
      await this.drain();
      throw error;
    }
  }

  /** Ready means that the hooks have run, too: an application that opens its database there is served when it is open. */
  async #getReady(): Promise<void> {
    await this.#member.run("listening");
    this.#assertWanted();
    if (this.#serving !== undefined)
      await this.#accepting.begin(this.workerId, this.#member.settings, this.#serving);
    this.#link.surviveErrors();
    this.#link.post({ type: "ready", key: this.key });
    this.#link.beat(this.#member.settings.heartbeatInterval);
  }

  /** The primary stops the server everywhere; when it is not able to answer, here at least. */
  async #stop(): Promise<void> {
    this.#link.post({ type: "halt", key: this.key });
    await withTimeLimit(Promise.race([this.#warned.promise, this.#told.promise]), ANSWER_WITHIN, () => {});
    const { preDrainDelay } = this.#member.settings;
    if (this.#announced) await withTimeLimit(this.#told.promise, preDrainDelay + ANSWER_WITHIN, () => {});
    await this.drain();
  }

  async #drain(idleGrace: number, patience: number): Promise<void> {
    const member = this.#member;
    const serving = this.#serving;
    let clean = true;
    this.#place.reject(coreError("PKT_SERVER_STOPPED"));
    if (this.#started !== undefined) {
      this.#announce("worker");
      // At once, while requests may go on for long: the next one leads as soon as nothing is led here.
      void member
        .stepDown(patience)
        .then((ended) => ended && this.#link.post({ type: "yielded", key: this.key }));
      await this.#accepting.end();
      clean = await finishService(member, serving, { idleGrace, patience });
      this.#serving = undefined;
    }
    this.#link.post({ type: "stopped", key: this.key, clean });
  }

  /** Draining begins; what is said first counts. */
  #announce(scope: DrainScope): void {
    if (this.#announced || this.#started === undefined) return;
    this.#announced = true;
    announceDraining(this.#member, scope);
  }

  #accept(connection: number, handle: unknown): void {
    const serving = this.#serving;
    const socket = receiveConnection(handle);
    if (serving === undefined) {
      // Not acknowledged, so that the primary gives it to another worker.
      socket?.destroy();
      return;
    }
    // Before anything is read in the next turn of the loop: from here on only this process can answer it.
    this.#link.post({ type: "accepted", key: this.key, connection, closed: this.#closed.tell() });
    if (socket === undefined) {
      // The peer had reset it before it was sent.
      this.#closed.add();
      return;
    }
    socket.on("close", this.#countClosed);
    serving.accept(socket);
  }

  readonly #countClosed = (): void => this.#closed.add();

  #assertWanted(): void {
    if (this.#drained !== undefined || this.#stopped !== undefined) throw coreError("PKT_SERVER_STOPPED");
  }
}
