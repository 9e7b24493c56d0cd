import { describe, expect, test } from "vitest";
import type { Channel } from "../../src/capability/contract.ts";
import { RouteExchange, type RouteMessage } from "../../src/control/route-exchange.ts";
import type { RouteDescription } from "../../src/routing/describe.ts";

function makeRoutes(count: number, prefix: string): RouteDescription[] {
  return Array.from({ length: count }, (_, index) => ({
    method: "GET",
    path: `/${prefix}${index}`,
    flags: [],
    gates: [],
    bodyLimit: null,
    streamLimit: null,
    options: {},
  }));
}

/** A fake IPC channel to a number of workers, which answer one message after another. It records messages to the primary. */
class Line {
  readonly sent: RouteMessage[] = [];
  readonly #workers: ((message: RouteMessage, from: number) => void)[] = [];
  readonly #primary = new Set<(message: RouteMessage, from: number) => void>();

  end(workerId: number): Channel<RouteMessage> {
    return {
      sendToPrimary: (message) => {
        this.sent.push(message);
        setImmediate(() => {
          for (const listener of this.#primary) listener(message, workerId);
        });
      },
      sendToWorkers: (message) => {
        for (const listener of this.#workers) setImmediate(() => listener(message, 0));
      },
      receive: (end, listener) => {
        if (end === "worker" && workerId > 0) this.#workers.push(listener);
        if (end === "primary" && workerId === 0) this.#primary.add(listener);
        return () => void this.#primary.delete(listener);
      },
    };
  }

  get listeners(): number {
    return this.#primary.size;
  }
}

describe("the exchange of routes", () => {
  test.each([0, 1, 100, 101, 250])("gives the %i routes of one worker in order", async (count) => {
    const line = new Line();
    const primary = new RouteExchange(line.end(0), () => makeRoutes(1, "primary"));
    new RouteExchange(line.end(1), () => makeRoutes(count, "worker"));
    new RouteExchange(line.end(2), () => makeRoutes(count, "worker"));
    await expect(primary.ask()).resolves.toEqual(makeRoutes(count, "worker"));
    expect(line.listeners).toBe(0);
  });

  test("gives the primary's own routes when no worker answers", async () => {
    const primary = new RouteExchange(new Line().end(0), () => makeRoutes(2, "primary"));
    await expect(primary.ask(10)).resolves.toEqual(makeRoutes(2, "primary"));
  });

  test("separates two concurrent requests", async () => {
    const line = new Line();
    const primary = new RouteExchange(line.end(0), () => []);
    let asked = 0;
    new RouteExchange(line.end(1), () => makeRoutes(1, `answer${++asked}-`));
    const [one, other] = await Promise.all([primary.ask(), primary.ask()]);
    expect([one[0]?.path, other[0]?.path]).toEqual(["/answer1-0", "/answer2-0"]);
  });
});
