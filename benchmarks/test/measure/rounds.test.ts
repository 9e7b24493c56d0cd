import { expect, test } from "vitest";
import { measureRounds, rotate } from "../../measure/rounds.ts";

test("rounds are interleaved, each begins with another contestant, and the warm-up is dropped", async () => {
  const turns: string[] = [];
  let value = 0;
  const plan = {
    rounds: 2,
    hasWarmup: true,
    progress: (name: string, round: number) => void turns.push(`${round} ${name}`),
  };
  const results = await measureRounds(["a", "b", "c"], plan, async () => ({ cpu: value++ }));
  expect(turns).toEqual(["0 a", "0 b", "0 c", "1 b", "1 c", "1 a", "2 c", "2 a", "2 b"]);
  expect(results.get("a")).toEqual([{ cpu: 5 }, { cpu: 7 }]);
  expect([...results.keys()]).toEqual(["a", "b", "c"]);
});

test("without a warm-up, all turns count", async () => {
  const plan = { rounds: 1, hasWarmup: false, progress: () => {} };
  const results = await measureRounds(["a", "b"], plan, async (_name, round) => ({ cpu: round }));
  expect([...results.values()]).toEqual([[{ cpu: 1 }], [{ cpu: 1 }]]);
});

test("a turn that fails ends the measurement", async () => {
  const failing = measureRounds(["a"], { rounds: 1, hasWarmup: true, progress: () => {} }, () =>
    Promise.reject(new Error("broken")),
  );
  await expect(failing).rejects.toThrow("broken");
});

test("rotate() of an empty list is empty", () => {
  expect(rotate([], 3)).toEqual([]);
});
