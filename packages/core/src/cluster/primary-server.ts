/** One server as the primary has it: the port, the workers that serve it, how it starts and how it drains. */
import type { AddressInfo, Socket } from "node:net";
import { coreError } from "../errors.ts";
import type { Channels } from "./channels.ts";
import { createDeferred, type Deferred } from "./deferred.ts";
import type { Target } from "./dispatcher.ts";
import { pause } from "./draining.ts";
import type { Member } from "./lifecycle.ts";
import { createListener, type Listener } from "./listener.ts";
import { listen } from "./port.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** The stages that it goes through, in this order. */
export type ServerState = "idle" | "starting" | "running" | "stopping" | "stopped";

/** How long a worker may take, in milliseconds, to cut what is left once its time to drain is over. */
const CUT_GRACE = 1_000;

/** What one worker does for this server. */
interface Service {
  /** Set once the worker is ready for it. */
  target: Target<Socket> | undefined;
  /** Resolves with whether everything was drained; set once the worker was told to stop. */
  drained: Deferred<boolean> | undefined;
}

/** The primary's part of a server. */
export class PrimaryServer {
  readonly member: Member;
  readonly channels: Channels;
  state: ServerState = "idle";
  address: AddressInfo;
  /** Settled when every worker is ready, or the first one failed. */
  readonly ready: Deferred<void> = createDeferred();
  /** Resolves when it has stopped, whoever stopped it. */
  readonly ended: Deferred<void> = createDeferred();
  /** The one stop that all callers of `stop()` wait for. */
  stopping: Promise<void> | undefined;
  /** Whether nothing had to be cut or killed so far. */
  clean = true;
  readonly #services = new Map<WorkerProcess, Service>();
  #listener: Listener | undefined;

  constructor(member: Member, channels: Channels) {
    this.member = member;
    this.channels = channels;
    const { host, port } = member.settings;
    this.address = { address: host, port, family: host.includes(":") ? "IPv6" : "IPv4" };
  }

  get key(): string {
    return this.member.key;
  }

  /** Whether it accepts connections. */
  get isOpen(): boolean {
    return this.#listener?.server.listening === true;
  }

  /** Binds the port: what arrives waits for the first worker. */
  async open(): Promise<void> {
    const listener = createListener(this.member.settings, this.member.log);
    this.address = await listen(listener.server, this.member.settings);
    this.#listener = listener;
    if (this.state !== "starting") await listener.close();
  }

  /** The worker may prepare to serve it. */
  invite(worker: WorkerProcess): void {
    this.#services.set(worker, { target: undefined, drained: undefined });
    worker.post({ type: "listening", key: this.key, address: this.address });
  }

  /** The worker is ready: it gets connections. */
  admit(worker: WorkerProcess): void {
    const service = this.#services.get(worker);
    if (service === undefined || service.target !== undefined || service.drained !== undefined) return;
    const hand = (connection: number, socket: Socket): void => {
      worker.post({ type: "connection", key: this.key, connection }, socket);
    };
    service.target = { hand };
    this.#listener?.dispatcher.add(service.target);
  }

  /** Whether the worker is ready for it. */
  isServedBy(worker: WorkerProcess): boolean {
    return this.#services.get(worker)?.target !== undefined;
  }

  /** The worker has the connection. */
  accepted(worker: WorkerProcess, connection: number, closed: number): void {
    const target = this.#services.get(worker)?.target;
    if (target !== undefined) this.#listener?.dispatcher.acknowledge(target, connection, closed);
  }

  /** The worker has closed so many connections so far. */
  closed(worker: WorkerProcess, closed: number): void {
    const target = this.#services.get(worker)?.target;
    if (target !== undefined) this.#listener?.dispatcher.report(target, closed);
  }

  /** The worker does nothing for this server any more: it has drained, or it is dead. */
  release(worker: WorkerProcess, clean: boolean): void {
    const service = this.#services.get(worker);
    if (service === undefined) return;
    this.#services.delete(worker);
    if (service.target !== undefined) this.#listener?.dispatcher.remove(service.target);
    service.drained?.resolve(clean);
  }

  /** Stops accepting and lets every worker drain; resolves when all have, or their time is over. */
  async close(): Promise<void> {
    this.ready.reject(coreError("PKT_SERVER_STOPPED"));
    await this.#listener?.close();
    await Promise.all([...this.#services.keys()].map((worker) => this.drain(worker)));
  }

  /** Lets one worker drain; it gets no more connections. A worker that does not answer in time is killed. */
  async drain(worker: WorkerProcess): Promise<void> {
    const service = this.#services.get(worker);
    if (service === undefined) return;
    if (service.drained === undefined) {
      service.drained = createDeferred<boolean>();
      if (service.target !== undefined) this.#listener?.dispatcher.retire(service.target);
      worker.post({ type: "stop", key: this.key });
    }
    const timeout = this.member.settings.drainTimeout + CUT_GRACE;
    const clean = await Promise.race([service.drained.promise, pause(timeout).then(() => undefined)]);
    if (clean === undefined) worker.kill("SIGKILL");
    if (clean !== true) this.clean = false;
  }
}
