/** Answers the calls of workers, in the primary. */
import { type CallMessage, describeError, pack, unpack } from "./call-messages.ts";
import type { SharedCalls } from "./calls.ts";
import { invoke, type SharedMemory } from "./shared-memory.ts";

/** Calls the memory for workers, in the order in which their messages arrive. */
export class CallServer {
  readonly #memory: SharedMemory;
  readonly #callers = new Map<object, SharedCalls>();

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  /** Returns the answer to a message of a worker. */
  answer(worker: object, payload: string): string {
    const { id, name, args } = unpack<CallMessage>(payload);
    try {
      return pack({ id, value: invoke(this.#callsOf(worker), name, args) });
    } catch (error) {
      return pack({ id, error: describeError(error) });
    }
  }

  /** Releases what a worker held that has exited. */
  leave(worker: object): void {
    if (this.#callers.delete(worker)) this.#memory.leave(worker);
  }

  #callsOf(worker: object): SharedCalls {
    const calls = this.#callers.get(worker) ?? this.#memory.callsOf(worker);
    this.#callers.set(worker, calls);
    return calls;
  }
}
