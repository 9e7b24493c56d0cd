/** The lifecycle of a server that runs in one process: the same methods as with workers, but without forks and IPC. */
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Channel } from "../capability/contract.ts";
import { coreError } from "../errors/errors.ts";
import { withTimeLimit } from "../node/time-limit.ts";
import { Tokens } from "../shared/tokens.ts";
import { Channels } from "./ipc/channels.ts";
import { acceptBacklogOf, logAcceptErrors } from "./ports/accept.ts";
import { listen } from "./ports/bind.ts";
import { logCuts } from "./process/cut-report.ts";
import type { HttpListener, Lifecycle, ReloadResult, ServerDelegate } from "./process/lifecycle.ts";
import { LoadMeter, trafficOf } from "./process/load-meter.ts";
import { localServers, StoppedServer } from "./process/local-servers.ts";
import { applyPriority } from "./process/priority.ts";
import { announceDraining, finishService } from "./process/shutdown.ts";
import { type Stoppable, stopOnSignal, UNCAUGHT } from "./process/signals.ts";
import type { PrimaryStatus } from "./process/status.ts";

/** Starts and stops a server that this process serves alone. */
export class SingleLifecycle implements Lifecycle, Stoppable {
  readonly role = "single";
  readonly workerId = 0;
  clean = true;
  readonly #delegate: ServerDelegate;
  readonly #note: string | undefined;
  readonly #refusal: Error | undefined;
  readonly #channels: Channels;
  #listener: HttpListener | undefined;
  #meter: LoadMeter | undefined;
  #ignoreSignals: (() => void) | undefined;
  #started: Promise<AddressInfo> | undefined;
  #stopped: Promise<void> | undefined;

  /**
   * @param note Why the server has one process, for the log; `undefined` when the user chose one.
   * @param refusal The error of `start()`, for a server that must not run as one process.
   */
  constructor(delegate: ServerDelegate, note: string | undefined, refusal?: Error) {
    this.#delegate = delegate;
    this.#note = note;
    this.#refusal = refusal;
    this.#channels = new Channels({ key: delegate.key, workerId: 0, log: delegate.log });
  }

  start(): Promise<AddressInfo> {
    if (this.#started === undefined) {
      this.#started = this.#start();
      localServers.set(this.#delegate.key, this);
    }
    return this.#started;
  }

  get delegate(): ServerDelegate {
    return this.#delegate;
  }

  async countInFlight(): Promise<number> {
    return this.#listener?.load.inFlight ?? 0;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  retire(): Promise<void> {
    return this.stop();
  }

  force(): void {
    this.#listener?.destroy();
  }

  /** Always resolves with a failure: while the only process restarted, no other process could serve. */
  async reload(): Promise<ReloadResult> {
    const reason = "one process cannot be replaced without a gap: restart it, or set maxThreads to 2 or more";
    this.#delegate.log.warn({ reason }, `no reload: ${reason}`);
    return { ok: false, generation: 1, reason };
  }

  status(): PrimaryStatus {
    // The first call makes the meter, because it runs a timer and most programs never call status().
    this.#meter ??= new LoadMeter();
    const load = this.#meter.read([trafficOf(this.#listener)]);
    const { pid } = process;
    const startedAt = Date.now() - Math.round(process.uptime() * 1_000);
    const state = this.#stopped === undefined ? "ready" : "draining";
    const worker = { id: 0, pid, generation: 1, state, startedAt, restarts: 0, ...load } as const;
    return { pid, generation: 1, addresses: [], startedAt, workers: [worker] };
  }

  reportUncaught(error: unknown, leftOut: number): void {
    this.clean = false;
    this.#delegate.log.error({ err: error, leftOut }, UNCAUGHT);
    this.#delegate.failed?.(error);
  }

  openChannel<Message>(name: string): Channel<Message> {
    return this.#channels.open(name);
  }

  async #start(): Promise<AddressInfo> {
    const delegate = this.#delegate;
    this.#assertNotStopped();
    if (this.#refusal !== undefined) throw this.#refusal;
    this.#ignoreSignals = stopOnSignal(this);
    try {
      if (this.#note !== undefined) delegate.log.info({}, this.#note);
      applyPriority(delegate, 0);
      await delegate.run("starting");
      await this.#becomeReady();
      this.#assertNotStopped();
      const listener = delegate.createListener();
      this.#listener = listener;
      const address = await listen(listener.server, delegate.settings);
      listener.server.on("error", logAcceptErrors(delegate.log));
      this.#assertNotStopped();
      delegate.listeningAt(address);
      await delegate.run("listening");
      this.#assertNotStopped();
      delegate.acquireLeadership(new Tokens().next());
      return address;
    } catch (error) {
      await this.stop();
      // A stop() that ran while listen() was binding the port could not close it.
      this.#listener?.destroy();
      throw error;
    }
  }

  async #becomeReady(): Promise<void> {
    const { readyTimeout: timeout } = this.#delegate.settings;
    await withTimeLimit(this.#delegate.runReadyHooks(), timeout, () => {
      throw coreError("PKT_CLUSTER_NOT_READY", { worker: 0, timeout });
    });
  }

  async #stop(): Promise<void> {
    const { idleGrace, drainTimeout, preDrainDelay } = this.#delegate.settings;
    if (this.#started !== undefined) {
      announceDraining(this.#delegate, "server");
      if (this.#listener !== undefined) {
        if (preDrainDelay > 0) await pause(preDrainDelay);
        await acceptBacklogOf(this.#listener.server);
      }
      const times = { idleGrace, timeoutMs: drainTimeout };
      const { clean, cut } = await finishService(this.#delegate, this.#listener, times);
      if (!clean) this.clean = false;
      logCuts(this.#delegate.log, cut, drainTimeout);
      localServers.set(this.#delegate.key, new StoppedServer(this.#started));
    }
    this.#ignoreSignals?.();
  }

  #assertNotStopped(): void {
    if (this.#stopped !== undefined) throw coreError("PKT_SERVER_STOPPED");
  }
}
