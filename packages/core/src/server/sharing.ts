/** What a server shares with its other processes, and by a capability with other machines. */
import type { SharedScope, SharedServices } from "../capability/shared-services.ts";
import type { Lifecycle } from "../cluster/process/lifecycle.ts";
import type { ServerSettings } from "../config/options.ts";
import { ChannelBus } from "../shared/channel-bus.ts";
import { LazyServices } from "../shared/lazy-services.ts";
import { WidestServices } from "../shared/widest-services.ts";

/** The shared services of one server in this process. */
export class Sharing {
  readonly #program: LazyServices;
  readonly #widest: WidestServices;

  constructor(settings: ServerSettings, lifecycle: Lifecycle) {
    const bus = new ChannelBus(lifecycle.openChannel("packetron:bus"), lifecycle.workerId);
    this.#program = new LazyServices(bus, async () => {
      const { MemoryServices } = await import("../shared/memory-services.ts");
      return new MemoryServices({ bus, memoryLimit: settings.sharedMemoryLimit });
    });
    this.#widest = new WidestServices(this.#program);
  }

  /** The services of the program, or the widest ones. */
  services(scope: SharedScope): SharedServices {
    return scope === "program" ? this.#program : this.#widest;
  }

  /** Replaces the widest services. @throws PKT_CAPABILITY_CONFLICT at the second call. */
  provide(owner: string, services: SharedServices): void {
    this.#widest.provide(owner, services);
  }
}
