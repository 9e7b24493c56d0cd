/** The order in which test files begin: the longest first, so that none of them runs alone at the end beside an idle core. */
import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { root } from "./_packages.ts";

/** The files that take longest, with what is slow in them on two cores. The other files follow in the order of vitest. */
export const LONGEST: readonly string[] = [
  // Each row is sent to several servers, and some rows wait for timers.
  "packages/core/test/differential/rows-together.test.ts",
  "packages/core/test/differential/rows-deferred.test.ts",
  "packages/core/test/differential/rows.test.ts",
  "packages/core/test/connection/send-timeout.test.ts",
  "packages/global-data/test/revisions-schedules.test.ts",
  "packages/global-data/test/revisions.test.ts",
  "packages/core/test/wire/isolation.test.ts",
  "packages/static/test/sites/traversal.test.ts",
  "packages/static/test/answers/transfer.test.ts",
  // Each program of a page is a process of its own, and each reload starts a new generation.
  "packages/core/test/process/docs.test.ts",
  "packages/core/test/process/cluster-reload.test.ts",
  "packages/core/test/process/cluster-distribution.test.ts",
  "examples/chat/test/browser.test.ts",
  "packages/core/test/process/cluster-stop.test.ts",
  "packages/global-data/test/process/global-data.test.ts",
  "packages/core/test/process/cluster-faults.test.ts",
  "packages/core/test/process/recipes.test.ts",
  "benchmarks/test/process/bench.test.ts",
  "packages/multipart/test/process/upload.test.ts",
  "packages/packetron/test/process/migration.test.ts",
  // npm installs the packages, and the compiler reads them.
  "scripts/test/consumer.test.ts",
  "scripts/test/tarballs.test.ts",
  "scripts/test/new-package.test.ts",
  "scripts/test/create.test.ts",
  "scripts/test/differential.test.ts",
  "scripts/test/runners.test.ts",
];

/**
 * Sorts the files as vitest does: by the durations of the last run. A fresh clone has no last run. There vitest takes the
 * size of a file for its duration, which is wrong for tables of cases in other files, so the list comes first.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    if (files.every((file) => this.ctx.cache.getTestSpecificationResult(file) !== undefined)) return sorted;
    return sorted.toSorted((one, other) => groupOf(one) - groupOf(other) || rankOf(one) - rankOf(other));
  }
}

function groupOf({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder;
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.indexOf(relative(root, moduleId).replaceAll("\\", "/"));
  return rank === -1 ? LONGEST.length : rank;
}
