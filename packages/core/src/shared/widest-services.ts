/** The widest shared services of a server: those that a capability has provided, otherwise those of the program. */
import type {
  Bus,
  Leases,
  Locks,
  SharedScope,
  SharedServices,
  Store,
} from "../capability/shared-services.ts";
import { coreError } from "../errors/errors.ts";

/**
 * Passes calls on to the services of the widest scope. A capability may ask for it before another one provides services,
 * so each member is read anew.
 */
export class WidestServices implements SharedServices {
  readonly #program: SharedServices;
  #provided: { readonly owner: string; readonly services: SharedServices } | undefined;

  constructor(program: SharedServices) {
    this.#program = program;
  }

  /** @throws PKT_CAPABILITY_CONFLICT when another capability has provided services already. */
  provide(owner: string, services: SharedServices): void {
    const first = this.#provided?.owner;
    if (first !== undefined)
      throw coreError("PKT_CAPABILITY_CONFLICT", { first, second: owner, what: "shared services" });
    this.#provided = { owner, services };
  }

  /** The capability that has provided the services; `undefined` for those of the program. */
  get owner(): string | undefined {
    return this.#provided?.owner;
  }

  get scope(): SharedScope {
    return this.#services.scope;
  }

  get state(): "up" | "down" {
    return this.#services.state;
  }

  get leases(): Leases {
    return this.#services.leases;
  }

  get bus(): Bus {
    return this.#services.bus;
  }

  get locks(): Locks {
    return this.#services.locks;
  }

  get store(): Store {
    return this.#services.store;
  }

  get #services(): SharedServices {
    return this.#provided?.services ?? this.#program;
  }
}
