/** The servers of the program that workers may serve, and their states. */
import type { PrimaryServer, ServerState } from "./primary-server.ts";

/** Servers by key, from their construction until they have stopped. */
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

  delete(server: PrimaryServer): void {
    this.#servers.delete(server.key);
  }

  /** Servers that `start()` was called for. */
  get started(): PrimaryServer[] {
    return this.all.filter((server) => server.state !== "idle");
  }

  /** Servers in this state. */
  inState(state: ServerState): PrimaryServer[] {
    return this.all.filter((server) => server.state === state);
  }

  /** Whether there is a started server, and every started one is in this state. */
  allInState(state: ServerState): boolean {
    const { started } = this;
    return started.length > 0 && started.every((server) => server.state === state);
  }
}
