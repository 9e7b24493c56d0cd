/** Commands and scripts on the keys of one name, over one connection. */
import { isPacketronError, sharedFull, sharedUnavailable } from "@packetron/core/capability";
import type { Call, Connection, StoreClient } from "./connection.ts";
import { isFull, isUnknownScript, reasonOf } from "./outage.ts";
import type { Script } from "./script.ts";

/** An argument of a command. */
export type Argument = string | Buffer;

/** Sends commands, and turns what fails into the errors of shared services. */
export class Commander {
  readonly #connection: Connection;
  readonly #name: string;
  /** The scripts that this process has sent; later calls send their hash. */
  readonly #known = new Set<Script>();

  /** @param name What the programs that share have in common. */
  constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.#name = name;
  }

  get state(): "up" | "down" {
    return this.#connection.state;
  }

  /** The key of a part. All keys have one hash tag, so that a cluster keeps them on one node, where scripts reach them. */
  key(part: string): string {
    return `{${this.#name}}:${part}`;
  }

  /** Sends a command for a key. */
  send(call: Call, key: string, args: Argument[]): Promise<unknown> {
    return this.#call(call, (client) => client.send(key, args));
  }

  /** Runs a script. The first key decides to which node of a cluster it goes. */
  run(call: Call, script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const [first = ""] = keys;
    const rest = [String(keys.length), ...keys, ...args];
    const until = performance.now() + call.deadline;
    return this.#call(call, async (client: StoreClient) => {
      if (this.#known.has(script)) {
        try {
          return await client.send(first, ["EVALSHA", script.hash, ...rest]);
        } catch (error) {
          // A store that was started anew does not know it. After the deadline, a call must not take effect any more.
          if (!isUnknownScript(error) || performance.now() > until) throw error;
        }
      }
      const reply = await client.send(first, ["EVAL", script.text, ...rest]);
      this.#known.add(script);
      return reply;
    });
  }

  async #call(call: Call, run: (client: StoreClient) => Promise<unknown>): Promise<unknown> {
    try {
      return await this.#connection.call(call, run);
    } catch (error) {
      if (isPacketronError(error)) throw error;
      if (isFull(error))
        throw sharedFull("shared values: Redis is full", "Give values a ttl, or raise maxmemory.", error);
      throw sharedUnavailable(call.name, reasonOf(error), error);
    }
  }
}

/** The error of a reply of another kind than the command has: the key is used for something else. */
export function unexpectedReply(call: Call): Error {
  return sharedUnavailable(call.name, "Redis gave a reply of another kind");
}
