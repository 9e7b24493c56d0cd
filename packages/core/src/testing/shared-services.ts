/** Conformance of an implementation of shared services. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { SharedServices } from "../capability/shared-services.ts";
import { assertBus, assertOrder } from "./_shared-bus.ts";
import { leaseCases } from "./_shared-leases.ts";
import { lockCases } from "./_shared-locks.ts";
import { storeCases } from "./_shared-store.ts";
import { type ConformanceCase, DEFAULT_TIMEOUT_MS, within } from "./conformance-case.ts";

/** What {@link sharedServicesConformance} needs of an implementation. */
export interface SharedServicesSetup {
  /** Returns the services of one more process. All of them share one store, which may have data of others. */
  connect(): SharedServices | Promise<SharedServices>;
  /** Called when a case has ended, with each of its services. */
  disconnect?(services: SharedServices): void | Promise<void>;
  /**
   * How long a case may take, in milliseconds.
   * @default 5000
   */
  readonly timeoutMs?: number;
}

/** The services of two processes, and a prefix for the keys of a case. @internal */
export interface SharedCase {
  readonly one: SharedServices;
  readonly other: SharedServices;
  readonly key: string;
}

/** A check of a suite, by its name. @internal */
export type SharedChecks = Readonly<Record<string, (shared: SharedCase) => void | Promise<void>>>;

/**
 * Returns the checks that each implementation of {@link SharedServices} must pass, such as that of core and of a store
 * for several machines. Each case connects two processes, and uses keys of its own.
 *
 * @example
 * import { sharedServicesConformance } from "@packetron/core/testing";
 * import { test } from "vitest"; // or from "node:test"
 *
 * for (const { name, run } of sharedServicesConformance({ connect: () => connectTo(store) })) test(name, run);
 */
export function sharedServicesConformance(setup: SharedServicesSetup): readonly ConformanceCase[] {
  const checks: SharedChecks = { ...general, ...leaseCases, ...storeCases, ...lockCases };
  return Object.entries(checks).map(([name, check]) => ({ name, run: () => runCase(setup, check) }));
}

const general: SharedChecks = {
  "each process has one scope, and an implementation that answers is up": ({ one, other }) => {
    assert.ok(one.scope === "program" || one.scope === "everywhere");
    assert.equal(other.scope, one.scope);
    assert.equal(one.state, "up");
  },
  "a message reaches every process, with its bytes and its origin": assertBus,
  "messages of one process arrive in their order": assertOrder,
};

async function runCase(setup: SharedServicesSetup, check: SharedChecks[string]): Promise<void> {
  const one = await setup.connect();
  const other = await setup.connect();
  const run = async (): Promise<void> => check?.({ one, other, key: `conformance:${randomUUID()}` });
  try {
    await within(run(), setup.timeoutMs ?? DEFAULT_TIMEOUT_MS, "the case did not end");
  } finally {
    for (const services of [one, other]) await setup.disconnect?.(services);
  }
}
