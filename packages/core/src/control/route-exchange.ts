/**
 * Gets the routes of a process that serves. Programs add and remove routes while a server runs, and the primary, which runs
 * the same file, may have other routes than the workers.
 */
import type { Channel } from "../capability/contract.ts";
import type { RouteDescription } from "../routing/describe.ts";

/** A message on the channel. `ask` is the number of a question, `answer` that of the question which is answered. */
export type RouteMessage =
  | { readonly ask: number }
  | { readonly answer: number; readonly routes: readonly RouteDescription[]; readonly last: boolean };

/** The number of routes in one message. A message has at most 1 MiB, and a long path may have some kilobytes. */
const PAGE = 100;

/** How long the workers may take to answer, in milliseconds, before the primary uses its own routes. */
const ANSWER_TIMEOUT = 2_000;

/** Asks for the routes in the primary, and answers with them in the workers. With one process, both ends are in it. */
export class RouteExchange {
  readonly #channel: Channel<RouteMessage>;
  readonly #describe: () => readonly RouteDescription[];
  #questions = 0;

  /** @param describe Returns the routes of this process. */
  constructor(channel: Channel<RouteMessage>, describe: () => readonly RouteDescription[]) {
    this.#channel = channel;
    this.#describe = describe;
    channel.receive("worker", (message) => {
      if ("ask" in message) this.#answer(message.ask);
    });
  }

  /** Resolves with the routes of the first worker that answers, or with those of this process after a time. Never rejects. */
  ask(timeoutMs: number = ANSWER_TIMEOUT): Promise<readonly RouteDescription[]> {
    const question = ++this.#questions;
    return new Promise((resolve) => {
      const pages = new Map<number, RouteDescription[]>();
      const timer = setTimeout(() => settle(this.#describe()), timeoutMs);
      const stop = this.#channel.receive("primary", (message, from) => {
        if (!("answer" in message) || message.answer !== question) return;
        const routes = [...(pages.get(from) ?? []), ...message.routes];
        pages.set(from, routes);
        if (message.last) settle(routes);
      });
      function settle(routes: readonly RouteDescription[]): void {
        clearTimeout(timer);
        stop();
        resolve(routes);
      }
      this.#channel.sendToWorkers({ ask: question });
    });
  }

  #answer(question: number): void {
    const routes = this.#describe();
    for (let start = 0; start === 0 || start < routes.length; start += PAGE) {
      const last = start + PAGE >= routes.length;
      this.#channel.sendToPrimary({ answer: question, routes: routes.slice(start, start + PAGE), last });
    }
  }
}
