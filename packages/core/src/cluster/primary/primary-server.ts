/** One server as the primary has it: the port, the workers that serve it, how it starts and how it drains. */
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { coreError } from "../../errors/errors.ts";
import { createDeferred, type Deferred } from "../../node/deferred.ts";
import type { RawConnection } from "../../node/raw-connection.ts";
import { withTimeLimit } from "../../node/time-limit.ts";
import type { Channels } from "../ipc/channels.ts";
import { openPort, type PortWorker, type ServerPort } from "../ports/port.ts";
import type { ServerDelegate } from "../process/lifecycle.ts";
import { announceDraining, STOP_HOOK_GRACE } from "../process/shutdown.ts";
import { LeaderElection } from "./leader-election.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** The stages that it goes through, in this order. */
export type ServerState = "idle" | "starting" | "running" | "stopping" | "stopped";

/** How long a worker may take, in milliseconds, to cut what is left and to wrap up once its time to drain is over. */
const CUT_GRACE = STOP_HOOK_GRACE + 500;

/** How long after a connection was handed over its worker is asked whether it got it, in milliseconds. */
const PROBE_AFTER = 1_000;

/** What one worker does for this server. */
interface Service {
  /** Whether the worker is ready for it. */
  ready: boolean;
  /** Set once the worker gets connections. */
  target: PortWorker | undefined;
  /** The connection that it was handed last. */
  newest: number;
  /** Set while it is asked, or about to be asked, how far it has read. */
  probe: NodeJS.Timeout | undefined;
  /** Resolves with whether everything was drained; set once the worker was told to stop. */
  drained: Deferred<boolean> | undefined;
}

/** The primary's part of a server. */
export class PrimaryServer {
  readonly delegate: ServerDelegate;
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
  readonly #election: LeaderElection<WorkerProcess>;
  #port: ServerPort | undefined;

  constructor(delegate: ServerDelegate, channels: Channels) {
    this.delegate = delegate;
    this.channels = channels;
    this.#election = new LeaderElection(
      () => [...this.#services].filter(([, service]) => isServing(service)).map(([worker]) => worker),
      (worker) => worker.send({ type: "lead", key: this.key }),
    );
    const { host, port } = delegate.settings;
    this.address = { address: host, port, family: host.includes(":") ? "IPv6" : "IPv4" };
  }

  get key(): string {
    return this.delegate.key;
  }

  /** Whether it accepts connections. */
  get isOpen(): boolean {
    return this.#port?.listening === true;
  }

  /** Binds the port: what arrives waits for the first worker. */
  async open(): Promise<void> {
    const port = await openPort(this.delegate.settings, this.delegate.log);
    this.address = port.address;
    this.#port = port;
    if (this.state !== "starting") await port.close();
  }

  /** The worker may prepare to serve it. */
  invite(worker: WorkerProcess): void {
    this.#services.set(worker, {
      ready: false,
      target: undefined,
      newest: 0,
      probe: undefined,
      drained: undefined,
    });
    const { key, address } = this;
    // Who has a socket of the port gets connections; one that has yet to prove itself gets it when it is admitted.
    const socket = worker.onTrial ? undefined : this.#port?.socketFor(worker.slot);
    worker.send({ type: "listening", key, address }, socket);
  }

  /** The worker is ready. */
  prepared(worker: WorkerProcess): void {
    const service = this.#services.get(worker);
    if (service !== undefined) service.ready = true;
  }

  /** The worker gets connections from now on, if it is ready. */
  admit(worker: WorkerProcess): void {
    const service = this.#services.get(worker);
    if (service === undefined || !service.ready) return;
    if (service.target !== undefined || service.drained !== undefined) return;
    const { key } = this;
    service.target = {
      slot: worker.slot,
      handOver: (connection: number, rawConnection: RawConnection) => {
        worker.send({ type: "connection", key, connection }, rawConnection);
        service.newest = connection;
        this.#probeSoon(worker, service);
      },
      adopt: (slot, socket) => worker.send({ type: "adopt", key, slot }, socket),
      stopListening: (slot) => worker.send({ type: "stop-listening", key, slot }),
    };
    this.#port?.add(service.target);
    void worker.gone.then(() => this.#election.yielded(worker));
    this.#election.elect();
  }

  /** The worker's `onLeader()` tasks have ended. */
  yielded(worker: WorkerProcess): void {
    this.#election.yielded(worker);
  }

  /** Whether the worker is ready for it. */
  isServedBy(worker: WorkerProcess): boolean {
    return this.#services.get(worker)?.ready === true;
  }

  /** The worker has the connection. */
  accepted(worker: WorkerProcess, connection: number, closed: number): void {
    const target = this.#services.get(worker)?.target;
    if (target !== undefined) this.#port?.acknowledge(target, connection, closed);
  }

  /** The worker has read everything up to this connection. */
  probed(worker: WorkerProcess, connection: number): void {
    const service = this.#services.get(worker);
    if (service?.target === undefined) return;
    this.#port?.probed(service.target, connection);
    service.probe = undefined;
    if (service.newest > connection) this.#probeSoon(worker, service);
  }

  /** The worker has closed so many connections so far. */
  closed(worker: WorkerProcess, closed: number): void {
    const target = this.#services.get(worker)?.target;
    if (target !== undefined) this.#port?.reportClosed(target, closed);
  }

  /** The worker does nothing for this server any more: it has drained, or it is dead. */
  release(worker: WorkerProcess, clean: boolean): void {
    const service = this.#services.get(worker);
    if (service === undefined) return;
    this.#services.delete(worker);
    if (service.target !== undefined) this.#port?.remove(service.target);
    service.drained?.resolve(clean);
  }

  /** Tells everybody that the end begins, waits for `preDrainDelay`, stops accepting and lets every worker drain. */
  async close(): Promise<void> {
    this.ready.reject(coreError("PKT_SERVER_STOPPED"));
    this.#election.close();
    const { preDrainDelay } = this.delegate.settings;
    for (const worker of this.#services.keys()) worker.send({ type: "draining", key: this.key });
    announceDraining(this.delegate, "server");
    if (preDrainDelay > 0) await pause(preDrainDelay);
    await this.#port?.close();
    await Promise.all([...this.#services.keys()].map((worker) => this.drain(worker)));
  }

  /** Lets one worker drain; it gets no more connections. A worker that does not answer in time is killed. */
  async drain(worker: WorkerProcess): Promise<void> {
    const service = this.#services.get(worker);
    if (service === undefined) return;
    if (service.drained === undefined) {
      service.drained = createDeferred<boolean>();
      if (service.target !== undefined) this.#port?.retire(service.target);
      worker.send({ type: "stop", key: this.key });
    }
    const timeout = this.delegate.settings.drainTimeout + CUT_GRACE;
    const clean = await withTimeLimit(service.drained.promise, timeout, () => {
      worker.kill("SIGKILL");
      return false;
    });
    // A worker that is replaced while others serve says nothing about how the server ends.
    if (!clean && this.state === "stopping") this.clean = false;
  }

  /** Finds out, at most once a second, whether connections were lost on their way: messages arrive in order. */
  #probeSoon(worker: WorkerProcess, service: Service): void {
    service.probe ??= setTimeout(() => {
      worker.send({ type: "probe", key: this.key, connection: service.newest });
    }, PROBE_AFTER).unref();
  }
}

function isServing({ target, drained }: Service): boolean {
  return target !== undefined && drained === undefined;
}
