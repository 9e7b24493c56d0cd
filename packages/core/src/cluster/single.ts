/** A server in one process: no fork, no messages between processes, the same API. */
import type { AddressInfo } from "node:net";
import type { Channel } from "../capability.ts";
import { coreError } from "../errors.ts";
import { Channels } from "./channels.ts";
import { announceDraining, drainWithin, runStopped } from "./draining.ts";
import type { Lifecycle, Member, Serving } from "./lifecycle.ts";
import { lastCall, logAcceptErrors } from "./listener.ts";
import { localServers } from "./local-servers.ts";
import { listen } from "./port.ts";
import { applyPriority } from "./priority.ts";
import { type Stoppable, stopOnSignal } from "./signals.ts";

/** The lifecycle of a server in one process. */
export class SingleLifecycle implements Lifecycle, Stoppable {
  readonly role = "single";
  readonly workerId = 0;
  clean = true;
  readonly #member: Member;
  readonly #note: string | undefined;
  readonly #channels: Channels;
  #serving: Serving | undefined;
  #release: (() => void) | undefined;
  #started: Promise<AddressInfo> | undefined;
  #stopped: Promise<void> | undefined;

  /** @param note Why it is one process, for the log; nothing when the user chose it. */
  constructor(member: Member, note: string | undefined) {
    this.#member = member;
    this.#note = note;
    const deliver = (parcel: Parameters<Channels["deliver"]>[0]): void => {
      setImmediate(() => this.#channels.deliver(parcel));
    };
    this.#channels = new Channels({
      key: member.key,
      workerId: 0,
      log: member.log,
      toPrimary: deliver,
      toWorkers: deliver,
    });
  }

  start(): Promise<AddressInfo> {
    if (this.#started === undefined) {
      this.#started = this.#start();
      localServers.set(this.#member.key, this);
    }
    return this.#started;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  retire(): Promise<void> {
    return this.stop();
  }

  force(): void {
    this.#serving?.destroy();
  }

  openChannel<Message>(name: string): Channel<Message> {
    return this.#channels.open(name);
  }

  async #start(): Promise<AddressInfo> {
    const member = this.#member;
    this.#assertWanted();
    this.#release = stopOnSignal(this);
    try {
      if (this.#note !== undefined) member.log.info({}, this.#note);
      applyPriority(member, 0);
      await member.run("starting");
      this.#assertWanted();
      const serving = member.createServing();
      this.#serving = serving;
      const address = await listen(serving.server, member.settings);
      serving.server.on("error", logAcceptErrors(member.log));
      this.#assertWanted();
      member.listeningAt(address);
      await member.run("listening");
      this.#assertWanted();
      return address;
    } catch (error) {
      await this.stop();
      // A stop() that came while the port was being bound could not close it.
      this.#serving?.destroy();
      throw error;
    }
  }

  async #stop(): Promise<void> {
    const { settings } = this.#member;
    const serving = this.#serving;
    if (this.#started !== undefined) {
      announceDraining(this.#member);
      if (serving !== undefined) {
        await lastCall(serving.server);
        this.clean = await drainWithin(serving, settings.idleGrace, settings.drainTimeout);
      }
      await runStopped(this.#member);
      // A worker that is forked later still asks where this server was; what answered its requests may go.
      const address = this.#started;
      localServers.set(this.#member.key, { start: () => address, stop: async () => {} });
    }
    this.#release?.();
  }

  #assertWanted(): void {
    if (this.#stopped !== undefined) throw coreError("PKT_SERVER_STOPPED");
  }
}
