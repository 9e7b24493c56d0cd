import { expect, test } from "vitest";
import { Jobs } from "../src/jobs.ts";

test("at most two jobs run, the others wait in their order, and a failed one makes room, too", async () => {
  const jobs = new Jobs();
  const started: number[] = [];
  const ends = new Map<number, (result: number | Error) => void>();
  const end = (index: number, result: number | Error): void => ends.get(index)?.(result);
  const results = Array.from({ length: 34 }, (_, index) =>
    jobs.run(
      () =>
        new Promise<number>((resolve, reject) => {
          started.push(index);
          ends.set(index, (result) => (typeof result === "number" ? resolve(result) : reject(result)));
        }),
    ),
  );
  expect(started).toEqual([0, 1]);
  expect(jobs.isFull).toBe(true); // 32 wait
  end(1, new Error("on purpose"));
  await expect(results[1]).rejects.toThrow("on purpose");
  expect([started, jobs.isFull]).toEqual([[0, 1, 2], false]);
  for (const [index, result] of results.entries()) {
    if (index === 1) continue;
    end(index, index);
    expect(await result).toBe(index);
  }
  expect(started).toEqual([...results.keys()]);
});
