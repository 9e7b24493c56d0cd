/**
 * Interleavings of processes that are played: one is killed or halted before each of its calls of the file system in turn,
 * and others come in between. `revisions.ts` has the argument that this tries to refute.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { isPacketronError } from "@packetron/core";
import { afterEach, describe, expect, test } from "vitest";
import { type Places, placesOf } from "../src/directory.ts";
import type { OwnerState } from "../src/owner.ts";
import { createParent, listFiles } from "./_folder.ts";
import { PlayedProcess } from "./_processes.ts";

/** More calls than any change makes; a fate that lies beyond its last call does not happen. */
const STEPS = 40;

/** Fewer calls than that cannot make a change. */
const FEWEST = 8;

/** How many calls a change makes: from a first one, which creates everything, and a later one. */
const starts = [
  { start: "before there is a file", earlier: 0 },
  { start: "when there is one", earlier: 1 },
];

/** Some thousands of files each: seconds on a quiet machine, and more on one that is busy. */
const SLOW = { timeout: 90_000 };

describe.each(starts)("$start", ({ earlier }) => {
  test("a process killed before any of its calls leaves the old or the new state, and the next one goes on at once", () => {
    const steps = forEachStep((at) => {
      const { places, play, count } = createScene(earlier);
      const first = play("dead");
      first.meet({ at, happens: () => first.kill() });
      const acknowledged = first.tryIncrement();
      const next = play("alive");
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

  test("a process that is halted, taken for dead and continued loses nothing and undoes nothing", () => {
    const steps = forEachStep((at) => {
      const { play, count } = createScene(earlier);
      const [halted, other] = [play("dead"), play("alive")];
      let happened = false;
      halted.meet({
        at,
        happens: () => {
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
    "of those who take over from a dead process, never two succeed, wherever one of them is halted",
    SLOW,
    () => {
      const steps = forEachStep((at) => {
        let killed = false;
        forEachStep((second) => {
          const { play, count } = createScene(earlier);
          const [dead, taker, rival] = [play("dead"), play("alive"), play("alive")];
          dead.meet({ at, happens: () => dead.kill() });
          const done = [dead.tryIncrement()];
          let happened = false;
          taker.meet({
            at: second,
            happens: () => {
              happened = true;
              done.push(rival.tryIncrement());
            },
          });
          done.push(taker.tryIncrement());
          killed = dead.killed;
          expectCount(count(), earlier, done);
          return happened;
        });
        return killed;
      });
      expect(steps).toBeGreaterThan(FEWEST);
    },
  );

  test(
    "of three processes that take each other for dead, each halted anywhere, every change counts once",
    SLOW,
    () => {
      const steps = forEachStep((at) => {
        let happened = false;
        forEachStep((second) => {
          const { play, count } = createScene(earlier);
          const [one, two, three] = [play("dead"), play("dead"), play("dead")];
          let inner = false;
          let changes = 1;
          two.meet({
            at: second,
            happens: () => {
              inner = true;
              three.increment();
              changes++;
            },
          });
          happened = false;
          one.meet({
            at,
            happens: () => {
              happened = true;
              two.increment();
              changes++;
            },
          });
          one.increment();
          expect(count()).toBe(earlier + changes);
          return inner;
        });
        return happened;
      });
      expect(steps).toBeGreaterThan(FEWEST);
    },
  );
});

test("a live process that holds a revision makes the others wait and fail, and then finishes", () => {
  const { play, count } = createScene(1);
  const [holder, other] = [play("alive"), play("alive")];
  let refusals = 0;
  const steps = forEachStep((at) => {
    let happened = false;
    let extra = 0;
    holder.meet({
      at,
      happens: () => {
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

test("an owner that cannot be looked at is waited for, then passed", () => {
  const { play } = createScene(1);
  const [lost, next] = [play("unknown"), play("alive")];
  lost.meet({ at: 6, happens: () => lost.kill() });
  expect(lost.tryIncrement()).toBe(false);
  expect(next.increment()).toBeGreaterThan(1);
});

test("revisions that end without a change do not make later ones slower for ever", () => {
  const { places, play } = createScene(1);
  const one = play("alive");
  for (let round = 0; round < 100; round++) {
    one.fail();
    expect(listFiles(places).length).toBeLessThan(20);
  }
  one.increment();
  expect(listFiles(places)).toEqual(["test.bson"]);
});

interface Scene {
  readonly places: Places;
  /** Adds a process; the others judge it as told. */
  play(state: OwnerState): PlayedProcess;
  /** The counter, as a process sees it that has never looked before. */
  count(): number;
}

/** A directory, some changes that were made before, and nobody in it. */
function createScene(earlier: number): Scene {
  parent ??= createParent();
  const folder = join(parent, String(++scenes));
  mkdirSync(folder);
  const places = placesOf("test", folder);
  const states = new Map<number, OwnerState>();
  const processes: PlayedProcess[] = [];
  const scene: Scene = {
    places,
    play(state) {
      const id = states.size + 1;
      states.set(id, state);
      const process = new PlayedProcess(id, places, (other) => states.get(other) ?? "unknown");
      processes.push(process);
      open.push(process);
      return process;
    },
    count: () => scene.play("alive").read(),
  };
  for (let change = 0; change < earlier; change++) scene.play("alive").increment();
  return scene;
}

/** Where the scenes of a test take place. */
let parent: string | undefined;
let scenes = 0;

/** Processes of the scene that is played; closed with it, for there are hundreds of scenes in a test. */
const open: PlayedProcess[] = [];

function closeScene(): void {
  for (const process of open.splice(0)) process.close();
}

afterEach(() => {
  closeScene();
  parent = undefined;
});

/**
 * Plays scenes for the first step, the second and so on, until the last one was beyond the end of the change.
 *
 * @returns How many steps the change has.
 */
function forEachStep(play: (at: number) => boolean): number {
  for (let at = 1; at <= STEPS; at++) {
    const goesOn = play(at);
    closeScene();
    if (!goesOn) return at - 1;
  }
  throw new Error(`a change makes more than ${STEPS} calls`);
}

/** Every acknowledged change counts; the first one may count without, because it was killed on its way. */
function expectCount(count: number, earlier: number, [first = false, ...others]: readonly boolean[]): void {
  const sure = earlier + others.filter(Boolean).length;
  expect(first ? [sure + 1] : [sure, sure + 1]).toContain(count);
}
