import type { Packetron, ServerOptions } from "@packetron/core";
import { expectTypeOf, test } from "vitest";
import type { Counter } from "../src/index.ts";

test("the option and the labels are typed", () => {
  expectTypeOf<{ metrics: true }>().toExtend<ServerOptions>();
  expectTypeOf<{ metrics: { path: "m"; buckets: readonly number[] } }>().toExtend<ServerOptions>();
  expectTypeOf<{ metrics: { pth: "m" } }>().not.toExtend<ServerOptions>();
  const use = (server: Packetron): void => {
    const counter = server.metrics.counter({ name: "a_total", help: "A.", labels: ["kind"] });
    expectTypeOf(counter).toEqualTypeOf<Counter<"kind">>();
    counter.inc({ kind: "x" });
    counter.inc(2);
    // @ts-expect-error: the counter has no such label
    counter.inc({ knd: "x" });
    // @ts-expect-error: counters only grow
    counter.dec();
  };
  expectTypeOf(use).toBeFunction();
});
