/**
 * Lets the primary get the routes of a worker. The primary's own routes may differ, although it runs the same file,
 * because programs add and remove routes while a server runs.
 */
import type { Channel } from "../capability/contract.ts";
import type { RouteDescription } from "../routing/describe.ts";

/**
 * A message between primary and workers about routes. `ask` is the number of a question, and `answer` is the number of
 * the question that the message answers.
 */
export type RouteMessage =
  | { readonly ask: number }
  | { readonly answer: number; readonly routes: readonly RouteDescription[]; readonly last: boolean };

/** The number of routes in one message. A message may have 1 MiB, and a long path some kilobytes. */
const PAGE = 100;

/** How long the workers may take to answer, in milliseconds, before the primary uses its own routes. */
const ANSWER_TIMEOUT = 2_000;

/**
 * Asks for routes in the primary, and answers with the routes of the process in each worker. A program with one process
 * asks and answers in the same process.
 */
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

  /**
   * Resolves with the routes of the first worker that answers, or with this process's routes if no worker answers in
   * time. Never rejects.
   */
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
