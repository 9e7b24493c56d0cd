import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { PortWorker } from "../../../src/cluster/ports/port.ts";
import { SharedPort } from "../../../src/cluster/ports/shared-port.ts";
import { resolveServerSettings } from "../../../src/config/settings.ts";
import { isPortSocket, reusePortWorks } from "../../../src/node/reuse-port.ts";

const works = await reusePortWorks("127.0.0.1");

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A worker, and the listening sockets from which it accepts. */
class FakeWorker implements PortWorker {
  readonly slot: number;
  readonly accepting = new Set<number>();

  constructor(slot: number) {
    this.slot = slot;
  }

  handOver(): void {
    throw new Error("no connection passes the primary");
  }

  adopt(slot: number, socket: unknown): void {
    expect(isPortSocket(socket)).toBe(true);
    this.accepting.add(slot);
  }

  stopListening(slot: number): void {
    expect(this.accepting.delete(slot)).toBe(true);
  }
}

async function openShared(port = 0): Promise<SharedPort> {
  const shared = await SharedPort.open(resolveServerSettings({ host: "127.0.0.1", port }), silent);
  onTestFinished(() => shared.close());
  return shared;
}

function hire(port: SharedPort, slot: number): FakeWorker {
  const worker = new FakeWorker(slot);
  port.add(worker);
  return worker;
}

test.skipIf(!works)("each worker accepts from its own socket, on one port", async () => {
  const port = await openShared();
  const workers = [1, 2, 3].map((slot) => hire(port, slot));
  expect(workers.map((worker) => [...worker.accepting])).toEqual([[1], [2], [3]]);
  expect(port.socketFor(2)).toBe(port.socketFor(2));
  expect(port.socketFor(2)).not.toBe(port.socketFor(3));
});

test.skipIf(!works)("the socket of a dead worker is adopted, and given back to its replacement", async () => {
  const port = await openShared();
  const [first, second] = [hire(port, 1), hire(port, 2)];
  port.remove(first);
  expect([...second.accepting]).toEqual([2, 1]);
  const replacement = hire(port, 1);
  expect([[...replacement.accepting], [...second.accepting]]).toEqual([[1], [2]]);
});

test.skipIf(!works)(
  "on reload the replacement accepts from the socket of the old worker before that one retires",
  async () => {
    const port = await openShared();
    const [former, bystander] = [hire(port, 1), hire(port, 2)];
    const successor = hire(port, 1);
    expect([[...former.accepting], [...successor.accepting]]).toEqual([[1], [1]]);
    port.retire(former);
    port.remove(former);
    expect([[...successor.accepting], [...bystander.accepting]]).toEqual([[1], [2]]);
  },
);

test.skipIf(!works)("a port that other processes share with each other is in use", async () => {
  const foreign = createServer().listen({ host: "127.0.0.1", port: 0, reusePort: true });
  onTestFinished(() => void foreign.close());
  await once(foreign, "listening");
  const { port } = foreign.address() as AddressInfo;
  await expect(openShared(port)).rejects.toMatchObject({ code: "PKT_SERVER_PORT_IN_USE" });
});

test.skipIf(!works)(
  "after any events, every socket belongs to exactly one worker slot, as long as a worker exists",
  async () => {
    const step = fc.record({
      kind: fc.constantFrom("hire", "retire", "die"),
      pick: fc.nat(9),
      slot: fc.integer({ min: 1, max: 4 }),
    });
    const port = await openShared();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const serving = new Set<FakeWorker>();
        const slots = new Set<number>();
        for (const { kind, pick, slot } of steps) {
          const worker = [...serving][pick % Math.max(1, serving.size)];
          if (kind === "hire") {
            serving.add(hire(port, slot));
            slots.add(slot);
          } else if (worker !== undefined) {
            serving.delete(worker);
            if (kind === "retire") port.retire(worker);
            port.remove(worker);
          }
          if (serving.size === 0) continue;
          for (const known of slots) {
            const owners = [...serving].filter((one) => one.accepting.has(known));
            expect(owners.length).toBeGreaterThan(0);
            // More than one only while a worker and its replacements with the same id run together.
            expect(owners.filter((one) => one.slot !== known).length).toBeLessThanOrEqual(1);
          }
        }
        for (const worker of serving) port.remove(worker);
      }),
    );
  },
);

test.skipIf(!works)("a closed port gives no socket to a worker", async () => {
  const port = await openShared();
  hire(port, 1);
  await port.close();
  expect(port.socketFor(2)).toBeUndefined();
  expect([...hire(port, 2).accepting]).toEqual([]);
});
