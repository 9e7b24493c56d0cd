/** Packs the public packages once for all test files of this project, and finds the Node versions for the tests. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { type PackedPackage, packAll } from "../pack.ts";
import { findRuntimes, type Runtime } from "./_runtimes.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The packed packages. */
    readonly tarballs: readonly PackedPackage[];
    /** The Node versions, with the reason where one is skipped. */
    readonly runtimes: readonly Runtime[];
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "packetron-tarballs-"));
  project.provide("tarballs", await packAll(join(folder, "artifacts")));
  project.provide("runtimes", await findRuntimes());
  return () => rm(folder, { recursive: true, force: true });
}
