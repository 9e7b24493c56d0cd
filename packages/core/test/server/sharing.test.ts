import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import type { SharedServices } from "../../src/capability/shared-services.ts";
import { type CapabilityHost, Packetron, type ServerSettings } from "../../src/index.ts";
import { Sharing, type SharingLinks } from "../../src/server/sharing.ts";

/** The services of a server that never starts, as a capability gets them. */
function hostOf(options: object = {}): CapabilityHost {
  const hosts: CapabilityHost[] = [];
  const probe = { name: "probe", install: (host: CapabilityHost) => void hosts.push(host) };
  new Packetron({ maxThreads: 1, capabilities: [probe], ...options });
  const [host] = hosts;
  if (host === undefined) throw new Error("install() was not called");
  return host;
}

function settings(): ServerSettings {
  return new Packetron({ maxThreads: 1 }).settings;
}

/** The links of a process that serves alone. */
function localLinks(): SharingLinks {
  const channel = { sendToPrimary: vi.fn(), sendToWorkers: vi.fn(), receive: vi.fn() };
  return { workerId: 0, openChannel: () => channel };
}

describe("the shared services of a server", () => {
  test("work in one process without start(), as those of the program", async () => {
    const services = hostOf().shared();
    expect([services.scope, services.state]).toEqual(["program", "up"]);
    expect(await services.store.add("n", 2)).toBe(2);
    const lock = await services.locks.acquire("job", 1_000);
    expect(await services.locks.acquire("job", 1_000)).toBeNull();
    await lock?.release();
    const lease = await services.leases.take("k", { limit: 1, window: 1_000, burst: 1 }, 5);
    expect(lease.granted).toBe(1);
    expect(services.leases.giveBack(lease, 1)).toBeUndefined();
  });

  test("describe themselves once they are used", async () => {
    const sharing = new Sharing(settings(), localLinks());
    expect(sharing.status()).toBeNull();
    const { leases, locks, store } = sharing.services("program");
    const policy = { limit: 1, window: 60_000, burst: 1 };
    await leases.take("k", policy, 1);
    await leases.take("k", policy, 1);
    await store.set("a", new Uint8Array(100));
    await locks.acquire("job", 60_000);
    await (await locks.acquire("other", 60_000))?.release();
    expect(sharing.status()).toEqual({
      by: "@packetron/core",
      state: "up",
      figures: { granted: 1, refused: 1, locks: 1, values: 1, bytes: expect.any(Number) },
    });
    expect(sharing.status()?.figures?.bytes).toBeGreaterThan(100);
  });

  test("describe those that a capability provides, in their state", () => {
    const sharing = new Sharing(settings(), localLinks());
    const { bus, leases, locks, store } = sharing.services("program");
    sharing.provide("@house/store", { scope: "everywhere", state: "down", bus, leases, locks, store });
    expect(sharing.status()).toEqual({ by: "@house/store", state: "down", figures: null });
  });

  test("belong to one server: another one of the program has its own", async () => {
    const [one, other] = [hostOf().shared(), hostOf().shared()];
    await one.store.add("n", 2);
    expect(await other.store.get("n")).toBeUndefined();
  });

  test("hear their own messages in one process", async () => {
    const { bus } = hostOf().shared("program");
    const hear = vi.fn();
    bus.listen(hear);
    bus.publish("news", Buffer.from("hello"));
    await nextTurn();
    expect(hear).toHaveBeenCalledWith("news", expect.any(Uint8Array), {
      program: "",
      worker: 0,
      isSelf: true,
    });
  });

  test("refuse values beyond sharedMemoryLimit", async () => {
    const { store } = hostOf({ sharedMemoryLimit: 1_000 }).shared();
    await expect(store.set("k", new Uint8Array(2_000))).rejects.toThrow(
      expect.objectContaining({ code: "PKT_SHARED_FULL", status: 503 }),
    );
  });

  test("send nothing before the first call", async () => {
    const receive = vi.fn();
    const send = vi.fn(() => true);
    const channel = { sendToPrimary: vi.fn(), sendToWorkers: vi.fn(), receive: vi.fn() };
    const links: SharingLinks = {
      workerId: 1,
      callLink: { isConnected: true, send, receive },
      openChannel: () => channel,
    };
    const sharing = new Sharing(settings(), links);
    const services = sharing.services("everywhere");
    expect(services.state).toBe("up");
    await nextTurn();
    for (const call of [receive, send, channel.sendToWorkers, channel.receive])
      expect(call).not.toHaveBeenCalled();
    services.store.get("k").catch(() => undefined);
    await vi.waitFor(() => expect(send).toHaveBeenCalledOnce());
  });
});

describe("host.provideShared()", () => {
  function elsewhere(): SharedServices {
    const { leases, bus, locks, store } = hostOf().shared();
    return { scope: "everywhere", state: "down", leases, bus, locks, store };
  }

  test("replaces the widest services, also for a capability that asked before", () => {
    const asked: SharedServices[] = [];
    const early = {
      name: "early",
      install: (host: CapabilityHost) => void asked.push(host.shared(), host.shared("program")),
    };
    const provided = elsewhere();
    const store = { name: "store", install: (host: CapabilityHost) => host.provideShared(provided) };
    new Packetron({ maxThreads: 1, capabilities: [early, store] });
    const [widest, program] = asked;
    expect([widest?.scope, widest?.state]).toEqual(["everywhere", "down"]);
    expect(widest?.leases).toBe(provided.leases);
    expect(program?.scope).toBe("program");
  });

  test("is refused for a second capability, with both names", () => {
    const provided = elsewhere();
    const make = (name: string) => ({
      name,
      install: (host: CapabilityHost) => host.provideShared(provided),
    });
    expect(() => new Packetron({ maxThreads: 1, capabilities: [make("one"), make("two")] })).toThrow(
      expect.objectContaining({
        code: "PKT_CAPABILITY_CONFLICT",
        message: expect.stringMatching(/^two claims the shared services, but one has it already/),
      }),
    );
  });
});
