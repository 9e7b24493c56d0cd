import { expect, test, vi } from "vitest";
import type { Bus, Origin } from "../../src/capability/shared-services.ts";
import { Broadcasts } from "../../src/server/broadcasts.ts";

test("a broadcast goes over the bus that is there when it is sent, apart from topics of capabilities", () => {
  const listeners: Parameters<Bus["listen"]>[0][] = [];
  const bus: Bus = {
    publish: (topic, bytes) => {
      const origin: Origin = { program: "another machine", worker: 3, isSelf: false };
      for (const hear of listeners) hear(topic, bytes, origin);
    },
    listen: (hear) => {
      listeners.push(hear);
      return () => void listeners.splice(listeners.indexOf(hear), 1);
    },
  };
  const buses: Bus[] = [];
  const broadcasts = new Broadcasts(() => {
    const [first] = buses;
    if (first === undefined) throw new Error("too early");
    return first;
  });
  buses.push(bus);
  const [one, other] = [vi.fn(), vi.fn()];
  const stop = broadcasts.subscribe("news", one);
  broadcasts.subscribe("news", other);
  broadcasts.subscribe("weather", () => expect.unreachable());
  const value = { at: new Date(0) };
  broadcasts.send("news", value);
  bus.publish("news", Buffer.from("of a capability"));
  for (const listener of [one, other]) expect(listener.mock.calls).toEqual([[value, 3]]);
  expect(one.mock.calls[0]?.[0]).not.toBe(other.mock.calls[0]?.[0]);
  stop();
  expect(listeners).toHaveLength(2);
});
