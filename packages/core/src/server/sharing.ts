/** What a server shares with its other processes, and by a capability with other machines. */
import type { SharedScope, SharedServices } from "../capability/shared-services.ts";
import type { Lifecycle } from "../cluster/process/lifecycle.ts";
import type { ServerSettings } from "../config/options.ts";
import { ChannelBus } from "../shared/channel-bus.ts";
import type { CallServer, SharedMemory } from "../shared/index.ts";
import { LazyServices } from "../shared/lazy-services.ts";
import { SharedState } from "../shared/shared-state.ts";
import type { SharedStatus } from "../shared/shared-status.ts";
import { WidestServices } from "../shared/widest-services.ts";

/** The memory of the program, in the process that has it. */
interface Memory {
  readonly memory: SharedMemory;
  /** Answers the workers. */
  readonly server: CallServer;
}

/** The part of a lifecycle by which the processes of a server reach each other. */
export type SharingLinks = Pick<Lifecycle, "workerId" | "openChannel" | "callLink">;

/** The shared services of one server in this process. */
export class Sharing {
  readonly #links: SharingLinks;
  readonly #memoryLimit: number;
  readonly #program: LazyServices;
  readonly #widest: WidestServices;
  /** Values and locks for the program: `server.shared`. */
  readonly state: SharedState;
  #memory: Promise<Memory> | undefined;
  #loaded: SharedMemory | undefined;

  constructor(settings: ServerSettings, links: SharingLinks) {
    this.#links = links;
    this.#memoryLimit = settings.sharedMemoryLimit;
    const bus = new ChannelBus(links.openChannel("packetron:bus"), links.workerId);
    this.#program = new LazyServices(bus, async () => {
      const { CallServices, LocalCaller, RemoteCaller } = await import("../shared/index.ts");
      const { callLink } = this.#links;
      const caller =
        callLink === undefined ? new LocalCaller((await this.#load()).memory) : new RemoteCaller(callLink);
      return new CallServices(caller, bus);
    });
    this.#widest = new WidestServices(this.#program);
    this.state = new SharedState(this.#widest);
  }

  /** The services of the program, or the widest ones. */
  services(scope: SharedScope): SharedServices {
    return scope === "program" ? this.#program : this.#widest;
  }

  /** Replaces the widest services. @throws PKT_CAPABILITY_CONFLICT at the second call. */
  provide(owner: string, services: SharedServices): void {
    this.#widest.provide(owner, services);
  }

  /** Describes the services, in the process that has the memory; `null` while nothing uses them. */
  status(): SharedStatus | null {
    const { owner, state } = this.#widest;
    const figures = this.#loaded?.figures ?? null;
    if (owner === undefined && figures === null) return null;
    return { by: owner ?? "@packetron/core", state, figures };
  }

  /** Answers a call of a worker. The first call loads the code. */
  answer(caller: object, payload: string, answer: (payload: string) => void): void {
    const answered = this.#load().then(({ server }) => answer(server.answer(caller, payload)));
    answered.catch(() => {}); // the call of the worker fails at its deadline
  }

  /** Releases what a worker held that has exited. */
  leave(caller: object): void {
    this.#memory?.then(({ server }) => server.leave(caller)).catch(() => {});
  }

  #load(): Promise<Memory> {
    this.#memory ??= this.#loadMemory();
    return this.#memory;
  }

  async #loadMemory(): Promise<Memory> {
    const { CallServer, SharedMemory } = await import("../shared/index.ts");
    const memory = new SharedMemory(this.#memoryLimit);
    this.#loaded = memory;
    return { memory, server: new CallServer(memory) };
  }
}
