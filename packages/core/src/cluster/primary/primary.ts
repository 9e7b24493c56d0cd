/** The lifecycle of a server in the primary. */
import type { AddressInfo } from "node:net";
import type { Channel } from "../../capability/contract.ts";
import { coreError } from "../../errors/errors.ts";
import { Channels } from "../ipc/channels.ts";
import type { Lifecycle, ReloadResult, ServerDelegate } from "../process/lifecycle.ts";
import { type Stoppable, stopOnSignal, UNCAUGHT } from "../process/signals.ts";
import type { Sizing } from "../process/sizing.ts";
import type { PrimaryStatus } from "../process/status.ts";
import { PrimaryServer } from "./primary-server.ts";
import { Supervisor } from "./supervisor.ts";

/** The supervisor of all servers of the program; made with the first server that has workers. */
let shared: Supervisor | undefined;

/** Whether a server of this program has workers, which can serve further servers, too. */
export function supervisorExists(): boolean {
  return shared?.busy === true;
}

/** Starts and stops, in the primary, a server that workers serve. */
export class PrimaryLifecycle implements Lifecycle, Stoppable {
  readonly role = "primary";
  readonly workerId = 0;
  readonly #threads: Sizing;
  readonly #server: PrimaryServer;
  readonly #supervisor: Supervisor;
  #started: Promise<AddressInfo> | undefined;

  constructor(delegate: ServerDelegate, threads: Sizing) {
    shared ??= new Supervisor();
    this.#supervisor = shared;
    this.#threads = threads;
    const channels = new Channels({
      key: delegate.key,
      workerId: 0,
      log: delegate.log,
      toWorkers: (message) => this.#supervisor.broadcast(message),
    });
    this.#server = new PrimaryServer(delegate, channels);
    this.#supervisor.add(this.#server);
  }

  get clean(): boolean {
    return this.#server.clean;
  }

  start(): Promise<AddressInfo> {
    this.#started ??= this.#start();
    return this.#started;
  }

  stop(): Promise<void> {
    return this.#supervisor.stop(this.#server);
  }

  get delegate(): ServerDelegate {
    return this.#server.delegate;
  }

  countInFlight(): Promise<number> {
    return this.#server.countInFlight();
  }

  async retire(): Promise<void> {}

  reload(): Promise<ReloadResult> {
    return this.#supervisor.reload();
  }

  force(): void {
    this.#supervisor.force();
  }

  reportUncaught(error: unknown, leftOut: number): void {
    this.#server.clean = false;
    this.#server.delegate.log.error({ err: error, leftOut }, UNCAUGHT);
    this.#server.delegate.failed?.(error);
  }

  status(): PrimaryStatus {
    return this.#supervisor.status();
  }

  openChannel<Message>(name: string): Channel<Message> {
    return this.#server.channels.open(name);
  }

  async #start(): Promise<AddressInfo> {
    const server = this.#server;
    const { delegate } = server;
    this.#assertState("idle");
    server.state = "starting";
    const ignoreSignals = stopOnSignal(this);
    try {
      if (this.#threads.reason !== undefined)
        delegate.log.info({ threads: this.#threads.count }, this.#threads.reason);
      await delegate.run("starting");
      this.#assertState("starting");
      await server.open();
      this.#assertState("starting");
      delegate.listeningAt(server.address);
      await this.#supervisor.serve(server, this.#threads.count);
      await delegate.run("listening");
      this.#assertState("starting");
      server.state = "running";
      return server.address;
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      // Once the server has stopped, for any reason, the application handles signals again.
      void server.ended.promise.then(ignoreSignals);
    }
  }

  #assertState(state: "idle" | "starting"): void {
    if (this.#server.state !== state) throw coreError("PKT_SERVER_STOPPED");
  }
}
