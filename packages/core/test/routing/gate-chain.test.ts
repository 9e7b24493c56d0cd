import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Gate } from "../../src/capability/contract.ts";
import { GateChain } from "../../src/routing/gate-chain.ts";
import { makeExchange } from "../_routes.ts";

const handler = (): string => "answer";

describe("GateChain", () => {
  test("is the handler itself without gates, and again when the last one was removed", () => {
    const chain = new GateChain(handler);
    expect(chain.run).toBe(handler);
    const removeGate = chain.addStep({ order: 0, gate: () => undefined });
    expect(chain.run).not.toBe(handler);
    removeGate();
    expect(chain.run).toBe(handler);
  });

  test("lists its gates as they run: by ascending order, equal ones as they were added", () => {
    const order = fc.constantFrom(-100, 0, 0.5, 100, 200, Number.MAX_VALUE);
    fc.assert(
      fc.property(fc.array(order, { maxLength: 12 }), (orders) => {
        const ran: number[] = [];
        const chain = new GateChain(handler);
        for (const [index, place] of orders.entries())
          chain.addStep({ order: place, gate: () => void ran.push(index) });
        const { request, response } = makeExchange();
        expect(chain.run(request, response)).toBe("answer");
        const sorted = [...orders.entries()].toSorted(([one, a], [other, b]) => a - b || one - other);
        expect(chain.list.map((entry) => entry.order)).toEqual(sorted.map(([, place]) => place));
        expect(ran).toEqual(sorted.map(([index]) => index));
      }),
    );
  });

  test("runs the steps that its owner makes of the gates, and makes them again at each change", () => {
    const ran: unknown[] = [];
    const chain = new GateChain(handler, (list) =>
      list.map((step): Gate => {
        return (request, response) => {
          ran.push(step.order);
          return "gate" in step ? step.gate(request, response) : undefined;
        };
      }),
    );
    const { request, response } = makeExchange();
    const removeGate = chain.addStep({ order: 5, gate: () => void ran.push("five") });
    chain.addStep({ order: 1, gate: () => void ran.push("one") });
    chain.run(request, response);
    expect(ran).toEqual([1, "one", 5, "five"]);
    removeGate();
    ran.length = 0;
    chain.run(request, response);
    expect(ran).toEqual([1, "one"]);
  });

  test("gives no gate and no step an object of its own as `this`", () => {
    const seen: unknown[] = [];
    function noteThis(this: unknown): void {
      seen.push(this);
    }
    const chain = new GateChain(handler);
    for (let count = 0; count < 3; count++) chain.addStep({ order: 0, gate: noteThis });
    const { request, response } = makeExchange();
    chain.run(request, response);
    expect(seen).toEqual([undefined, undefined, undefined]);
  });
});
