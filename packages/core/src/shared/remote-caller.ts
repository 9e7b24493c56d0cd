/** Makes the calls of a worker over its channel to the primary, each within its deadline. */
import { coreError } from "../errors/errors.ts";
import { createDeferred, type Deferred } from "../node/deferred.ts";
import { type AnswerMessage, type CallMessage, pack, restoreError, unpack } from "./call-messages.ts";
import type { Caller, CallLink, CallName, SharedCalls } from "./calls.ts";

/**
 * Of leases and data. On a machine without a free core, an answer of the primary takes longer than the 50 ms that a lease
 * over a network has, and a limit that is not shared would refuse clients below it.
 */
const MEMORY_DEADLINE = 250;
const LOCK_DEADLINE = 1_000;

/** How long each call may take, in milliseconds. */
const DEADLINES: Readonly<Record<CallName, number>> = {
  take: MEMORY_DEADLINE,
  giveBack: MEMORY_DEADLINE,
  acquire: LOCK_DEADLINE,
  renew: LOCK_DEADLINE,
  release: LOCK_DEADLINE,
  get: MEMORY_DEADLINE,
  set: MEMORY_DEADLINE,
  add: MEMORY_DEADLINE,
  delete: MEMORY_DEADLINE,
};

/** The deadline until the first answer, in milliseconds: the first call makes the primary load its part. */
const FIRST_DEADLINE = 1_000;

/** The most calls that may wait for their answers. */
const MAX_WAITING = 10_000;

interface Waiting {
  readonly name: CallName;
  readonly timer: NodeJS.Timeout;
  readonly answer: Deferred<unknown>;
}

/** Sends calls to the primary, and settles them with its answers. */
export class RemoteCaller implements Caller {
  readonly #link: CallLink;
  readonly #waiting = new Map<number, Waiting>();
  /** The names of locks whose call was given up. If the primary has granted one, it has to be released. */
  readonly #abandonedLocks = new Map<number, string>();
  #lastId = 0;
  #isAnswered = false;

  constructor(link: CallLink) {
    this.#link = link;
    link.receive((payload) => this.#settle(unpack<AnswerMessage>(payload)));
  }

  get state(): "up" | "down" {
    return this.#link.isConnected ? "up" : "down";
  }

  async call<Name extends CallName>(
    name: Name,
    ...args: Parameters<SharedCalls[Name]>
  ): Promise<ReturnType<SharedCalls[Name]>>;
  async call(name: CallName, ...args: CallMessage["args"]): Promise<unknown> {
    if (this.#waiting.size >= MAX_WAITING) throw unavailable(name, `${MAX_WAITING} calls wait for answers`);
    const id = ++this.#lastId;
    if (!this.#link.send(pack({ id, name, args })))
      throw unavailable(
        name,
        this.#link.isConnected ? "the primary does not read" : "the primary has exited",
      );
    const answer = createDeferred<unknown>();
    const deadline = this.#isAnswered ? DEADLINES[name] : FIRST_DEADLINE;
    // An answer may have arrived while this process was busy: one more turn of the event loop reads it before the call fails.
    const timer = setTimeout(() => setImmediate(() => this.#giveUp(id, args, deadline)), deadline);
    this.#waiting.set(id, { name, timer, answer });
    return answer.promise;
  }

  #settle({ id, value, error }: AnswerMessage): void {
    this.#isAnswered = true;
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return this.#releaseLate(id, value);
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (error === undefined) waiting.answer.resolve(value);
    else waiting.answer.reject(restoreError(error));
  }

  #giveUp(id: number, args: CallMessage["args"], deadline: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    const [first] = args;
    if (waiting.name === "acquire" && typeof first === "string") this.#abandonedLocks.set(id, first);
    waiting.answer.reject(unavailable(waiting.name, `the primary did not answer within ${deadline} ms`));
  }

  #releaseLate(id: number, token: unknown): void {
    const name = this.#abandonedLocks.get(id);
    this.#abandonedLocks.delete(id);
    if (name !== undefined && typeof token === "bigint") this.call("release", name, token).catch(() => {});
  }
}

function unavailable(name: CallName, reason: string): Error {
  return coreError("PKT_SHARED_UNAVAILABLE", { call: `${name}()`, reason });
}
