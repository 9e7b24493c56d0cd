/**
 * The routes as a process that serves has them. Routes come and go while a server runs, and the primary, which runs the
 * same file, need not have those of the workers.
 */
import type { Channel } from "../capability/contract.ts";
import type { RouteDescription } from "../routing/describe.ts";

/** What goes over the channel; `number` tells which question an answer belongs to. */
export type RouteMessage =
  | { readonly ask: number }
  | { readonly answer: number; readonly routes: readonly RouteDescription[]; readonly last: boolean };

/** Routes in one message: a message has 1 MiB at most, and a long path may have some kilobytes. */
const PAGE = 100;

/** How long the workers may take, in milliseconds, before the primary tells its own. */
const PATIENCE = 2_000;

/** Asks for routes in the primary, and answers in the workers; with one process both happen in it. */
export class RouteExchange {
  readonly #channel: Channel<RouteMessage>;
  readonly #describe: () => readonly RouteDescription[];
  #questions = 0;

  /** @param describe Gives the routes of this process. */
  constructor(channel: Channel<RouteMessage>, describe: () => readonly RouteDescription[]) {
    this.#channel = channel;
    this.#describe = describe;
    channel.receive("worker", (message) => {
      if ("ask" in message) this.#answer(message.ask);
    });
  }

  /** The routes of whichever worker answers first; those of this process when none does. Never rejects. */
  ask(patience: number = PATIENCE): Promise<readonly RouteDescription[]> {
    const question = ++this.#questions;
    return new Promise((resolve) => {
      const pages = new Map<number, RouteDescription[]>();
      const timer = setTimeout(() => settle(this.#describe()), patience);
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
