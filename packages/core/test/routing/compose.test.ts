import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Around, Gate } from "../../src/capability/contract.ts";
import { isThenable } from "../../src/node/thenable.ts";
import { compose, type Step } from "../../src/routing/compose.ts";
import { makeExchange, makeSignal } from "../_routes.ts";

/** Makes gates that note their number, and a last stage that notes "handler" and returns a value. */
function makeChain(count: number, of: (index: number) => Gate = () => () => undefined) {
  const ran: (number | string)[] = [];
  const gates = Array.from({ length: count }, (_, index): Gate => {
    const gate = of(index);
    return (request, response) => {
      ran.push(index);
      return gate(request, response);
    };
  });
  const stage = compose(gates, () => {
    ran.push("handler");
    return "answer";
  });
  return { ran, stage };
}

describe("compose", () => {
  test("returns the last stage itself when there is no gate, so that an unused feature costs nothing", () => {
    const handler = (): void => undefined;
    expect(compose([], handler)).toBe(handler);
  });

  describe.each([1, 2, 5])("with %i gates", (count) => {
    const all = [...Array(count).keys()];
    const last = count - 1;

    test("runs them in order, then the handler, without a promise when none returns one", () => {
      const { ran, stage } = makeChain(count);
      const { request, response } = makeExchange();
      expect(stage(request, response)).toBe("answer");
      expect(ran).toEqual([...all, "handler"]);
    });

    test("passes the same request and response to every gate and the handler", () => {
      const seen: unknown[] = [];
      const { request, response } = makeExchange();
      const gates = all.map(
        (): Gate =>
          (...args) =>
            void seen.push(args),
      );
      compose(gates, (...args) => seen.push(args))(request, response);
      expect(seen).toHaveLength(count + 1);
      for (const args of seen) expect(args).toEqual([request, response]);
    });

    test("waits for gates that return promises, in order", async () => {
      const { ran, stage } = makeChain(count, () => async () => undefined);
      const { request, response } = makeExchange();
      const result = stage(request, response);
      expect(ran).toEqual([0]);
      expect(await result).toBe("answer");
      expect(ran).toEqual([...all, "handler"]);
    });

    test("waits for a gate that returns a foreign thenable", async () => {
      // biome-ignore lint/suspicious/noThenProperty: the test needs a foreign thenable
      const thenable = { then: (done: (value: unknown) => unknown) => done(undefined) };
      const { ran, stage } = makeChain(count, () => () => thenable);
      const { request, response } = makeExchange();
      await stage(request, response);
      expect(ran).toEqual([...all, "handler"]);
    });

    test("stops after a gate that returns true", () => {
      const { ran, stage } = makeChain(count, (index) => () => index === last);
      const { request, response } = makeExchange();
      expect(stage(request, response)).toBeUndefined();
      expect(ran).toEqual(all);
    });

    test("stops after a gate that resolves with true", async () => {
      const { ran, stage } = makeChain(count, (index) => async () => index === last);
      const { request, response } = makeExchange();
      expect(await stage(request, response)).toBeUndefined();
      expect(ran).toEqual(all);
    });

    test.each([1, "true", {}, [], "answered", Number.NaN])(
      "continues when gates return %j, which is not true",
      (value) => {
        const { ran, stage } = makeChain(count, () => () => value);
        const { request, response } = makeExchange();
        stage(request, response);
        expect(ran).toEqual([...all, "handler"]);
      },
    );

    test("stops after a gate that ended the response, with any result", () => {
      const { ran, stage } = makeChain(count, (index) => (_request, response) => {
        if (index === last) response.end();
        return false;
      });
      const { request, response } = makeExchange();
      stage(request, response);
      expect(ran).toEqual(all);
    });

    test("stops after a gate that ended the response before it resolved", async () => {
      const { ran, stage } = makeChain(count, (index) => async (_request, response) => {
        if (index === last) response.end();
      });
      const { request, response } = makeExchange();
      await stage(request, response);
      expect(ran).toEqual(all);
    });

    test("throws what a gate throws, and runs nothing after it", () => {
      const failure = new Error("gate failed");
      const { ran, stage } = makeChain(count, (index) => () => {
        if (index === last) throw failure;
      });
      const { request, response } = makeExchange();
      expect(() => stage(request, response)).toThrow(failure);
      expect(ran).toEqual(all);
    });

    test("rejects with the rejection of a gate, and runs nothing after it", async () => {
      const failure = new Error("gate failed");
      const { ran, stage } = makeChain(count, (index) => async () => {
        if (index === last) throw failure;
      });
      const { request, response } = makeExchange();
      await expect(stage(request, response)).rejects.toBe(failure);
      expect(ran).toEqual(all);
    });

    test("rejects with the error of a handler after an asynchronous gate", async () => {
      const failure = new Error("handler failed");
      const { request, response } = makeExchange();
      const gates = all.map((): Gate => async () => undefined);
      const stage = compose(gates, () => {
        throw failure;
      });
      await expect(stage(request, response)).rejects.toBe(failure);
    });
  });

  test("keeps its own list when the caller's array changes later", () => {
    const ran: string[] = [];
    const gates: Gate[] = [() => void ran.push("one"), () => void ran.push("two")];
    const stage = compose(gates, () => void ran.push("handler"));
    gates.push(() => void ran.push("three"));
    gates[0] = () => void ran.push("other");
    const { request, response } = makeExchange();
    stage(request, response);
    expect(ran).toEqual(["one", "two", "handler"]);
  });

  test("serves concurrent requests without mixing their positions in the chain", async () => {
    const ran: string[] = [];
    const { opened, open } = makeSignal();
    const first = makeExchange();
    const second = makeExchange();
    const note =
      (text: string): Gate =>
      (request) =>
        void ran.push(`${request === first.request ? "first" : "second"} ${text}`);
    const wait: Gate = (request) => (request === first.request ? opened : undefined);
    const stage = compose([note("one"), wait, note("two")], note("handler"));
    const pending = stage(first.request, first.response);
    stage(second.request, second.response);
    expect(ran).toEqual(["first one", "second one", "second two", "second handler"]);
    open();
    await pending;
    expect(ran.slice(4)).toEqual(["first two", "first handler"]);
  });

  test("runs exactly the gates up to the first that answers, for any mix of synchronous and asynchronous gates", async () => {
    const kinds = {
      passes: () => undefined,
      waits: async () => undefined,
      answers: () => true,
      answersLate: async () => true,
    };
    const kind = fc.constantFrom("passes", "waits", "answers", "answersLate");
    await fc.assert(
      fc.asyncProperty(fc.array(kind, { maxLength: 6 }), async (names) => {
        const { ran, stage } = makeChain(names.length, (index) => kinds[names[index] ?? "passes"]);
        const { request, response } = makeExchange();
        const result = stage(request, response);
        const answering = names.findIndex((name) => name.startsWith("answers"));
        const asked = answering === -1 ? names : names.slice(0, answering + 1);
        expect(isThenable(result)).toBe(asked.some((name) => name === "waits" || name === "answersLate"));
        await result;
        expect(ran).toEqual([...asked.keys(), ...(answering === -1 ? ["handler"] : [])]);
      }),
    );
  });
});

describe("an around", () => {
  /** Composes an around with a handler, and runs it once. */
  function run(around: Around, handler: Gate): unknown {
    const { request, response } = makeExchange();
    return compose([{ around }], handler)(request, response);
  }

  test("runs the rest by next(), which gives the result of the rest, and its own result is the result", () => {
    const around: Around = (_request, _response, next) => [next(), "around"];
    expect(run(around, () => "answer")).toEqual(["answer", "around"]);
  });

  test("gets the request and the response, and lets each request have its own rest", () => {
    const seen: unknown[] = [];
    const stage = compose(
      [{ around: (...args) => void seen.push(...args.slice(0, 2), args[2]()) }],
      (request) => request,
    );
    const exchanges = [makeExchange(), makeExchange()];
    for (const { request, response } of exchanges) stage(request, response);
    expect(seen).toEqual(exchanges.flatMap(({ request, response }) => [request, response, request]));
  });

  test("runs neither later gates nor the handler without a call of next()", () => {
    const ran: string[] = [];
    const { request, response } = makeExchange();
    const steps: Step[] = [{ around: () => "instead" }, () => void ran.push("gate")];
    expect(compose(steps, () => void ran.push("handler"))(request, response)).toBe("instead");
    expect(ran).toEqual([]);
  });

  test("can wait before the rest", async () => {
    const { opened, open } = makeSignal();
    const ran: string[] = [];
    const result = run(
      async (_request, _response, next) => {
        await opened;
        return next();
      },
      () => void ran.push("handler"),
    );
    expect(ran).toEqual([]);
    open();
    await result;
    expect(ran).toEqual(["handler"]);
  });

  test.each<[how: string, fail: Gate]>([
    [
      "throws",
      () => {
        throw new Error("handler failed");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("handler failed");
      },
    ],
  ])("can catch a handler that %s", async (_how, fail) => {
    const around: Around = async (_request, _response, next) => {
      try {
        return await next();
      } catch (error) {
        return error;
      }
    };
    expect(await run(around, fail)).toEqual(new Error("handler failed"));
  });

  test("lets an error of the rest through", async () => {
    const failure = new Error("handler failed");
    const pass: Around = (_request, _response, next) => next();
    const throws: Gate = () => {
      throw failure;
    };
    expect(() => run(pass, throws)).toThrow(failure);
    await expect(run(pass, async () => throws(...exchange()))).rejects.toBe(failure);
  });

  test("does not lose the promise of the rest when it returns nothing", async () => {
    const failure = new Error("handler failed");
    const forgets: Around = (_request, _response, next) => void next();
    await expect(
      run(forgets, async () => {
        throw failure;
      }),
    ).rejects.toBe(failure);
  });

  test("is refused a second call of next(), with its name", () => {
    const ran: string[] = [];
    function retry(_request: unknown, _response: unknown, next: () => unknown): unknown {
      next();
      return next();
    }
    expect(() => run(retry, () => void ran.push("handler"))).toThrow(
      expect.objectContaining({
        code: "PKT_AROUND_TWICE",
        message: expect.stringMatching(/^retry called next\(\) twice/),
      }),
    );
    expect(ran).toEqual(["handler"]);
  });

  test("runs nothing by next() once the response has ended", () => {
    const ran: string[] = [];
    const answers: Around = (_request, response, next) => {
      response.end();
      return next();
    };
    expect(run(answers, () => void ran.push("handler"))).toBeUndefined();
    expect(ran).toEqual([]);
  });

  test("encloses exactly the steps after it, in any mix with gates", async () => {
    const kind = fc.constantFrom("gate", "late gate", "around", "late around");
    await fc.assert(
      fc.asyncProperty(fc.array(kind, { maxLength: 7 }), async (kinds) => {
        const ran: string[] = [];
        const steps = kinds.map((name, index): Step => {
          if (name === "gate") return () => void ran.push(`${index}`);
          if (name === "late gate") return async () => void ran.push(`${index}`);
          return {
            around: (_request, _response, next) => {
              ran.push(`${index}(`);
              const close = (): unknown => ran.push(`)${index}`);
              const inner = name === "around" ? next() : Promise.resolve().then(next);
              return isThenable(inner) ? inner.then(close) : close();
            },
          };
        });
        const { request, response } = makeExchange();
        await compose(steps, () => void ran.push("handler"))(request, response);
        const isAround = (index: number): boolean => kinds[index]?.endsWith("around") === true;
        const opening = kinds.map((_, index) => (isAround(index) ? `${index}(` : `${index}`));
        const closing = [...kinds.keys()].filter(isAround).map((index) => `)${index}`);
        expect(ran).toEqual([...opening, "handler", ...closing.toReversed()]);
      }),
    );
  });
});

function exchange(): Parameters<Gate> {
  const { request, response } = makeExchange();
  return [request, response];
}
