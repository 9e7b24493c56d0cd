import { describe, expect, test } from "vitest";
import type { Gate } from "../../src/capability/contract.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import { makeExchange, makeRoute, makeSignal } from "../_routes.ts";

/** A gate that notes its name. */
function note(ran: string[], name: string): Gate {
  return () => void ran.push(name);
}

describe("PacketronRoute", () => {
  test("runs the handler directly without gates, so that an unused feature costs nothing", () => {
    const handler = (): void => undefined;
    expect(makeRoute({ routePath: "a", handler }).run).toBe(handler);
  });

  test("runs the handler directly again when its last gate was removed", () => {
    const handler = (): void => undefined;
    const route = makeRoute({ routePath: "a", handler });
    const removeGate = route.addStep({ order: 0, gate: () => undefined });
    expect(route.run).not.toBe(handler);
    removeGate();
    expect(route.run).toBe(handler);
  });

  test("runs gates by ascending order, and those of one order as they were added", () => {
    const ran: string[] = [];
    const route = makeRoute({ routePath: "a", handler: () => void ran.push("handler") });
    for (const [order, name] of [
      [400, "d"],
      [100, "b"],
      [400, "e"],
      [0, "a"],
      [400, "f"],
      [300, "c"],
    ] as const) {
      route.addStep({ order, gate: note(ran, name) });
    }
    const { request, response } = makeExchange();
    route.run(request, response);
    expect(ran.join(" ")).toBe("a b c d e f handler");
  });

  test("removes only the gate whose removal is called, once or twice, also when it was added twice", () => {
    const ran: string[] = [];
    const gate = note(ran, "gate");
    const route = makeRoute({ routePath: "a" });
    const removeFirst = route.addStep({ order: 0, gate: gate });
    route.addStep({ order: 0, gate: gate });
    removeFirst();
    removeFirst();
    const { request, response } = makeExchange();
    route.run(request, response);
    expect(ran).toEqual(["gate"]);
  });

  test("lets a request under way finish on the gates it started with, despite changes meanwhile", async () => {
    const ran: string[] = [];
    const route = makeRoute({ routePath: "a", handler: () => void ran.push("handler") });
    const { opened, open } = makeSignal();
    route.addStep({ order: 0, gate: () => opened });
    const removeOld = route.addStep({ order: 1, gate: note(ran, "old") });
    const { request, response } = makeExchange();
    const pending = route.run(request, response);
    removeOld();
    route.addStep({ order: 1, gate: note(ran, "new") });
    open();
    await pending;
    expect(ran).toEqual(["old", "handler"]);
    await route.run(request, response);
    expect(ran).toEqual(["old", "handler", "new", "handler"]);
  });

  test("lets a gate remove itself while it runs without skipping the gates after it", () => {
    const ran: string[] = [];
    const route = makeRoute({ routePath: "a", handler: () => void ran.push("handler") });
    const removeSelf = route.addStep({
      order: 0,
      gate: () => {
        ran.push("once");
        removeSelf();
      },
    });
    route.addStep({ order: 0, gate: note(ran, "always") });
    const { request, response } = makeExchange();
    route.run(request, response);
    route.run(request, response);
    expect(ran).toEqual(["once", "always", "handler", "always", "handler"]);
  });

  test("notifies its server each time it is removed", () => {
    const removed: unknown[] = [];
    const route = makeRoute({ routePath: "a" }, (which) => removed.push(which));
    route.remove();
    route.remove();
    expect(removed).toEqual([route, route]);
  });

  test("shows method and canonical path in logs", () => {
    const route = makeRoute({ method: PacketronRequestMethod.PATCH, routePath: "users/%61/:id" });
    expect(String(route)).toBe("PATCH /users/a/:id");
  });

  test("keeps what it was made of", () => {
    const route = makeRoute({
      routePath: ":a",
      flags: PacketronHandlerFlags.EXACT_PATH,
      maxRequestSizeInBytes: 5,
    });
    expect(route).toMatchObject({
      method: 0,
      path: "/:a",
      pattern: null,
      flags: 1 << 12,
      bodyLimit: 5,
      bodyParsers: [],
    });
  });
});
