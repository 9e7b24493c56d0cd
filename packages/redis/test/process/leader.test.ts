import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";
import { hasRedis, TestRedis } from "../_redis.ts";

/** A lease of the leader lasts ten seconds. */
const isFull = hasRedis && process.env["PACKETRON_TEST_FULL"] !== undefined;

/** A store that refuses a write whose token is smaller than one that it has seen. */
class GuardedStore {
  readonly refused: bigint[] = [];
  #largest = 0n;

  write(token: bigint): void {
    if (token < this.#largest) this.refused.push(token);
    else this.#largest = token;
  }
}

describe.skipIf(!isFull)("a leader that is paused for two leases", () => {
  test("is replaced by one with a larger token, its late writes are refused, and it ends", {
    timeout: 90_000,
  }, async () => {
    const store = await TestRedis.start();
    onTestFinished(() => store.remove());
    const guarded = new GuardedStore();
    const terms: { child: ChildProcess; token: bigint; hasEnded: boolean }[] = [];
    const file = fixtureFile("redis/leading");
    for (let count = 0; count < 2; count++) {
      const args = ["--disable-warning=ExperimentalWarning", file, store.socket];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
      onTestFinished(() => void child.kill("SIGKILL"));
      createInterface(child.stdout).on("line", (line) => {
        const [word, number = "0"] = line.split(" ");
        const token = BigInt(number);
        if (word === "leads") terms.push({ child, token, hasEnded: false });
        if (word === "writes") guarded.write(token);
        if (word === "ends") for (const term of terms) if (term.token === token) term.hasEnded = true;
      });
    }
    await vi.waitFor(() => expect(terms).toHaveLength(1), { timeout: 10_000 });
    const [first] = terms;
    if (first === undefined) throw new Error("no leader");
    first.child.kill("SIGSTOP");
    await vi.waitFor(() => expect(terms).toHaveLength(2), { timeout: 20_000 });
    expect(terms[1]?.token).toBeGreaterThan(first.token);
    await new Promise((resolve) => setTimeout(resolve, 10_000)); // the second lease
    first.child.kill("SIGCONT");
    await vi.waitFor(() => expect(first.hasEnded).toBe(true), { timeout: 5_000 });
    await vi.waitFor(() => expect(guarded.refused).toContain(first.token), { timeout: 5_000 });
    expect(new Set(guarded.refused)).toEqual(new Set([first.token]));
    expect(terms).toHaveLength(2);
  });
});
