/** Shared services that are loaded at the first call: a server that never shares anything starts nothing. */
import type { Bus, Leases, Locks, SharedServices, Store } from "../capability/shared-services.ts";

/** Passes calls on to services, which the first call loads. Calls made while they load wait, and keep their order. */
export class LazyServices implements SharedServices {
  readonly scope = "program";
  readonly bus: Bus;
  readonly leases: Leases = {
    take: async (...call) => (await this.load()).leases.take(...call),
    giveBack: (...call) =>
      void this.load().then(
        ({ leases }) => leases.giveBack(...call),
        () => {},
      ),
  };
  readonly locks: Locks = { acquire: async (...call) => (await this.load()).locks.acquire(...call) };
  readonly store: Store = {
    get: async (...call) => (await this.load()).store.get(...call),
    set: async (...call) => (await this.load()).store.set(...call),
    add: async (...call) => (await this.load()).store.add(...call),
    delete: async (...call) => (await this.load()).store.delete(...call),
  };
  readonly #create: () => Promise<SharedServices>;
  #loading: Promise<SharedServices> | undefined;
  #loaded: SharedServices | undefined;

  constructor(bus: Bus, create: () => Promise<SharedServices>) {
    this.bus = bus;
    this.#create = create;
  }

  get state(): "up" | "down" {
    return this.#loaded?.state ?? "up";
  }

  /** Loads the services at the first call, and returns them. */
  load(): Promise<SharedServices> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<SharedServices> {
    this.#loaded = await this.#create();
    return this.#loaded;
  }
}
