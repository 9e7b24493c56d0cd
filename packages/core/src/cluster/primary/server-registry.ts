/** The servers of the program that workers may serve, and their states. */
import type { PrimaryServer, ServerState } from "./primary-server.ts";

/** The servers by key, from their construction until they have stopped. */
export class ServerRegistry {
  readonly #servers = new Map<string, PrimaryServer>();

  get all(): PrimaryServer[] {
    return [...this.#servers.values()];
  }

  get(key: string): PrimaryServer | undefined {
    return this.#servers.get(key);
  }

  add(server: PrimaryServer): void {
    this.#servers.set(server.key, server);
  }

  remove(server: PrimaryServer): void {
    this.#servers.delete(server.key);
  }

  /** The servers whose `start()` has been called. */
  get started(): PrimaryServer[] {
    return this.all.filter((server) => server.state !== "idle");
  }

  /** The servers in a state. */
  inState(state: ServerState): PrimaryServer[] {
    return this.all.filter((server) => server.state === state);
  }

  /** Whether there is a started server and every started server is in the state. */
  allInState(state: ServerState): boolean {
    const { started } = this;
    return started.length > 0 && started.every((server) => server.state === state);
  }
}
