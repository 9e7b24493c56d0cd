/**
 * Interleavings of simulated processes: one is killed or halted before each of its file system calls in turn, and others
 * run in between. `revisions.ts` has the proof that these tests try to refute.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { isPacketronError } from "@packetron/core";
import { afterEach, describe, expect, test } from "vitest";
import { type Places, placesOf } from "../src/directory.ts";
import type { OwnerState } from "../src/owner.ts";
import { createLargeParent, listFiles } from "./_folder.ts";
import { SimulatedProcess } from "./_processes.ts";

/** More calls than any change makes. An interruption after the last call does not happen. */
const STEPS = 40;

/** Each change makes more calls than this. */
const FEWEST = 8;

/** The first change, which creates the file, and a later change. `earlier` is the number of changes before it. */
const starts = [
  { start: "when the file does not exist", earlier: 0 },
  { start: "when the file exists", earlier: 1 },
];

/** Of two steps of a scene, the long runs combine each with each; the others combine each step with some. */
const STRIDE = process.env["PACKETRON_TEST_FULL"] === undefined ? 3 : 1;

/** For tests that create some thousands of files: they take seconds, and more on a busy machine. */
const SLOW = { timeout: 90_000 };

describe.each(starts)("$start", ({ earlier }) => {
  test("a process killed before any of its calls leaves the old or the new state, and the next one need not wait", () => {
    const steps = forEachStep((at) => {
      const { places, addProcess, count } = createScene(earlier);
      const first = addProcess("dead");
      first.interrupt({ at, run: () => first.kill() });
      const acknowledged = first.tryIncrement();
      const next = addProcess("alive");
      const reached = next.increment();
      expect(reached - earlier).toBeGreaterThanOrEqual(acknowledged ? 2 : 1);
      expect(reached - earlier).toBeLessThanOrEqual(2);
      expect(next.increment()).toBe(reached + 1);
      expect(count()).toBe(reached + 1);
      expect(listFiles(places)).toEqual(["test.bson"]);
      return first.killed;
    });
    expect(steps).toBeGreaterThan(FEWEST);
  });

  test("a process that is halted, taken for dead and continued loses no change and undoes none", () => {
    const steps = forEachStep((at) => {
      const { addProcess, count } = createScene(earlier);
      const [halted, other] = [addProcess("dead"), addProcess("alive")];
      let happened = false;
      halted.interrupt({
        at,
        run: () => {
          happened = true;
          expect([other.increment(), other.increment()]).toEqual([other.read() - 1, other.read()]);
        },
      });
      halted.increment();
      expect(count()).toBe(earlier + (happened ? 3 : 1));
      return happened;
    });
    expect(steps).toBeGreaterThan(FEWEST);
  });

  test(
    "when two processes take over from a dead one, every acknowledged change counts once, wherever one is halted",
    SLOW,
    () => {
      const steps = forEachStep((at) => {
        let killed = false;
        forEachStep((second) => {
          const { addProcess, count } = createScene(earlier);
          const [dead, taker, rival] = [addProcess("dead"), addProcess("alive"), addProcess("alive")];
          dead.interrupt({ at, run: () => dead.kill() });
          const done = [dead.tryIncrement()];
          let happened = false;
          taker.interrupt({
            at: second,
            run: () => {
              happened = true;
              done.push(rival.tryIncrement());
            },
          });
          done.push(taker.tryIncrement());
          killed = dead.killed;
          expectCount(count(), earlier, done);
          return happened;
        }, at);
        return killed;
      });
      expect(steps).toBeGreaterThan(FEWEST);
    },
  );

  test(
    "of three processes that take each other for dead and are halted at any call, every change counts once",
    SLOW,
    () => {
      const steps = forEachStep((at) => {
        let happened = false;
        forEachStep((second) => {
          const { addProcess, count } = createScene(earlier);
          const [one, two, three] = [addProcess("dead"), addProcess("dead"), addProcess("dead")];
          let inner = false;
          let changes = 1;
          two.interrupt({
            at: second,
            run: () => {
              inner = true;
              three.increment();
              changes++;
            },
          });
          happened = false;
          one.interrupt({
            at,
            run: () => {
              happened = true;
              two.increment();
              changes++;
            },
          });
          one.increment();
          expect(count()).toBe(earlier + changes);
          return inner;
        }, at);
        return happened;
      });
      expect(steps).toBeGreaterThan(FEWEST);
    },
  );
});

test("while a live process holds a revision, others fail after their timeout, and then it finishes", () => {
  const { addProcess, count } = createScene(1);
  const [holder, other] = [addProcess("alive"), addProcess("alive")];
  let refusals = 0;
  const steps = forEachStep((at) => {
    let happened = false;
    let extra = 0;
    holder.interrupt({
      at,
      run: () => {
        happened = true;
        try {
          other.increment();
          extra = 1;
        } catch (error) {
          expect(isPacketronError(error, "PKT_GLOBAL_DATA_LOCKED")).toBe(true);
          expect(String(error)).toContain(`Process ${holder.id} `);
          refusals++;
        }
      },
    });
    const before = count();
    holder.increment();
    expect(count()).toBe(before + 1 + extra);
    return happened;
  });
  expect(steps).toBeGreaterThan(FEWEST);
  expect(refusals).toBeGreaterThan(2);
});

test("other processes wait for an owner of unknown state, and then take over", () => {
  const { addProcess } = createScene(1);
  const [lost, next] = [addProcess("unknown"), addProcess("alive")];
  lost.interrupt({ at: 6, run: () => lost.kill() });
  expect(lost.tryIncrement()).toBe(false);
  expect(next.increment()).toBeGreaterThan(1);
});

test("revisions that end without a change do not leave more and more slots", () => {
  const { places, addProcess } = createScene(1);
  const one = addProcess("alive");
  for (let round = 0; round < 100; round++) {
    one.abandonChange();
    expect(listFiles(places).length).toBeLessThan(20);
  }
  one.increment();
  expect(listFiles(places)).toEqual(["test.bson"]);
});

interface Scene {
  readonly places: Places;
  /** Adds a process, which the others take for alive, dead or unknown. */
  addProcess(state: OwnerState): SimulatedProcess;
  /** The counter, as a new process reads it. */
  count(): number;
}

/** Creates a directory in which `earlier` changes were made, and no process runs. */
function createScene(earlier: number): Scene {
  parent ??= createLargeParent();
  const folder = join(parent, String(++scenes));
  mkdirSync(folder);
  const places = placesOf("test", folder);
  const states = new Map<number, OwnerState>();
  const processes: SimulatedProcess[] = [];
  const scene: Scene = {
    places,
    addProcess(state) {
      const id = states.size + 1;
      states.set(id, state);
      const process = new SimulatedProcess(id, places, (other) => states.get(other) ?? "unknown");
      processes.push(process);
      open.push(process);
      return process;
    },
    count: () => scene.addProcess("alive").read(),
  };
  for (let change = 0; change < earlier; change++) scene.addProcess("alive").increment();
  return scene;
}

/** The directory of all scenes of a test. */
let parent: string | undefined;

/** Number of scenes so far, in all tests. */
let scenes = 0;

/** Processes of the current scene. They are closed with it, because a test has hundreds of scenes. */
const open: SimulatedProcess[] = [];

function closeScene(): void {
  for (const process of open.splice(0)) process.close();
}

afterEach(() => {
  closeScene();
  parent = undefined;
});

/**
 * Runs a scene for each step of a change: the first call, the second call and so on.
 *
 * @param runScene Returns `false` when the step is after the last call of the change.
 * @param outer The step of another process, with which only some steps are combined in short runs; others with its next.
 * @returns The number of steps of the change.
 */
function forEachStep(runScene: (at: number) => boolean, outer?: number): number {
  const [first, stride] = outer === undefined ? [1, 1] : [1 + (outer % STRIDE), STRIDE];
  for (let at = first; at <= STEPS; at += stride) {
    const isReached = runScene(at);
    closeScene();
    if (!isReached) return at - 1;
  }
  throw new Error(`a change makes more than ${STEPS} calls`);
}

/**
 * Expects that every acknowledged change counts. The first change may count without, because its process was killed.
 */
function expectCount(count: number, earlier: number, [first = false, ...others]: readonly boolean[]): void {
  const acknowledged = earlier + others.filter(Boolean).length;
  expect(first ? [acknowledged + 1] : [acknowledged, acknowledged + 1]).toContain(count);
}
