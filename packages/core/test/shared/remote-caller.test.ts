import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CallMessage, pack, unpack } from "../../src/shared/call-messages.ts";
import { RemoteCaller } from "../../src/shared/remote-caller.ts";

/** A caller whose messages the test answers. */
function makeCaller(isConnected = true) {
  const sent: CallMessage[] = [];
  let hear: (payload: string) => void = () => undefined;
  let reads = true;
  const caller = new RemoteCaller({
    isConnected,
    send: (payload) => {
      if (!isConnected || !reads) return false;
      sent.push(unpack<CallMessage>(payload));
      return true;
    },
    receive: (listener) => {
      hear = listener;
    },
  });
  const answer = (id: number, value: unknown): void => hear(pack({ id, value }));
  const stopReading = (): void => {
    reads = false;
  };
  return { caller, sent, answer, stopReading };
}

const unavailable = (reason: string): object =>
  expect.objectContaining({
    code: "PKT_SHARED_UNAVAILABLE",
    status: 503,
    message: expect.stringContaining(reason),
  });

/** Lets the time pass, and the turns of the event loop after it. */
async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}

describe("a call of a worker", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("resolves with the answer to its own message", async () => {
    const { caller, sent, answer } = makeCaller();
    const [one, other] = [caller.call("add", "a", 1), caller.call("add", "b", 2)];
    answer(Number(sent[1]?.id), 20);
    answer(Number(sent[0]?.id), 10);
    expect(await Promise.all([one, other])).toEqual([10, 20]);
  });

  test.each([
    ["take", 250],
    ["get", 250],
    ["acquire", 1_000],
  ] as const)("%s() rejects after %i ms", async (name, deadline) => {
    const { caller, sent, answer } = makeCaller();
    const first = caller.call("get", "first");
    answer(Number(sent[0]?.id), undefined);
    await first;
    const policy = { limit: 1, window: 1, burst: 1 };
    const call = name === "take" ? caller.call("take", "k", policy, 1, 1) : caller.call(name, "k", 10);
    const settled = vi.fn();
    call.catch(settled);
    await pass(deadline - 1);
    expect(settled).not.toHaveBeenCalled();
    await pass(2);
    expect(settled).toHaveBeenCalledWith(unavailable(`did not answer within ${deadline} ms`));
  });

  test("has a second until the first answer, because the primary has to load its part", async () => {
    const { caller, sent, answer } = makeCaller();
    const call = caller.call("get", "k");
    await pass(900);
    answer(Number(sent[0]?.id), undefined);
    expect(await call).toBeUndefined();
  });

  test("takes an answer that arrived while this process was busy", async () => {
    const { caller, sent, answer } = makeCaller();
    const call = caller.call("get", "k");
    // The deadline is over, but the message is read in the same turn of the event loop.
    vi.advanceTimersByTime(1_000);
    answer(Number(sent[0]?.id), undefined);
    await pass(1);
    expect(await call).toBeUndefined();
  });

  test("rejects at once when the primary has exited, or does not read", async () => {
    const orphan = makeCaller(false);
    expect(orphan.caller.state).toBe("down");
    await expect(orphan.caller.call("get", "k")).rejects.toThrow(unavailable("the primary has exited"));
    const { caller, stopReading } = makeCaller();
    stopReading();
    await expect(caller.call("get", "k")).rejects.toThrow(unavailable("does not read"));
  });

  test("rejects at once when too many calls wait", async () => {
    const { caller } = makeCaller();
    for (let count = 0; count < 10_000; count++) caller.call("get", "k").catch(() => undefined);
    await expect(caller.call("get", "k")).rejects.toThrow(unavailable("10000 calls wait for answers"));
    await pass(1_001);
  });

  test("that gave up a lock releases it when the answer arrives", async () => {
    const { caller, sent, answer } = makeCaller();
    const call = caller.call("acquire", "job", 60_000);
    call.catch(() => undefined);
    await pass(1_001);
    await expect(call).rejects.toThrow(unavailable("acquire()"));
    answer(Number(sent[0]?.id), 7n);
    expect(sent[1]).toMatchObject({ name: "release", args: ["job", 7n] });
    await pass(1_001);
  });
});
