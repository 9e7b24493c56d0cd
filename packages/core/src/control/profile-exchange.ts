/** Lets the primary have a CPU profile taken in the process that a command has chosen. */
import type { Channel } from "../capability/contract.ts";
import type { PrimaryStatus } from "../cluster/process/status.ts";
import { errorReason } from "../errors/narrow.ts";
import { type ControlAnswer, type ControlValues, type ProfileRequest, refusal } from "./protocol.ts";

/** A message between primary and workers about profiles. `ask` and `answer` have the number of a question. */
export type ProfileMessage =
  | { readonly ask: number; readonly pid: number; readonly request: ProfileRequest }
  | { readonly answer: number; readonly result: ProfileAnswer };

type ProfileAnswer = ControlAnswer<ControlValues["profile"]>;

/** How long a process may take for the profile to be made and written, beside its time, in milliseconds. */
const WRITE_TIMEOUT = 10_000;

/** Asks for profiles in the primary, and takes them in the process that is asked. */
export class ProfileExchange {
  readonly #channel: Channel<ProfileMessage>;
  readonly #status: () => PrimaryStatus | undefined;
  #questions = 0;

  /** @param status Returns the processes of the program. */
  constructor(channel: Channel<ProfileMessage>, status: () => PrimaryStatus | undefined) {
    this.#channel = channel;
    this.#status = status;
    channel.receive("worker", (message) => {
      if ("ask" in message && message.pid === process.pid) void this.#answer(message.ask, message.request);
    });
  }

  /** Resolves when the profile is written, or with the reason why it is not. Never rejects. */
  ask(request: ProfileRequest): Promise<ProfileAnswer> {
    const { worker } = request;
    const workers = this.#status()?.workers ?? [];
    // The newest process of a number: the other one finishes its requests.
    const found = workers.findLast(({ id }) => id === worker);
    if (worker === 0) return take(request);
    if (found !== undefined) return this.#ask(found.pid, request);
    const ids = [...new Set(workers.map(({ id }) => id))].join(", ");
    return Promise.resolve(refusal(`there is no worker ${worker}. Running: ${ids}, and 0 for the primary`));
  }

  #ask(pid: number, request: ProfileRequest): Promise<ProfileAnswer> {
    const question = ++this.#questions;
    return new Promise((resolve) => {
      const settle = (result: ProfileAnswer): void => {
        clearTimeout(timer);
        stop();
        resolve(result);
      };
      const late = refusal(
        `worker ${request.worker} (process ${pid}) has not answered: it has exited, or its event loop is blocked`,
      );
      const timer = setTimeout(() => settle(late), request.seconds * 1_000 + WRITE_TIMEOUT);
      const stop = this.#channel.receive("primary", (message) => {
        if ("answer" in message && message.answer === question) settle(message.result);
      });
      this.#channel.sendToWorkers({ ask: question, pid, request }, request.worker);
    });
  }

  async #answer(question: number, request: ProfileRequest): Promise<void> {
    this.#channel.sendToPrimary({ answer: question, result: await take(request) });
  }
}

/** Takes a profile of this process. */
async function take({ seconds, file }: ProfileRequest): Promise<ProfileAnswer> {
  try {
    const { takeCpuProfile } = await import("./cpu-profile.ts");
    return { ok: true, value: { pid: process.pid, bytes: await takeCpuProfile(seconds, file) } };
  } catch (error) {
    return refusal(errorReason(error));
  }
}
