/** Chooses the load generator. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { makeAutocannon } from "./autocannon.ts";
import type { LoadGenerator } from "./load.ts";
import { findWrk } from "./wrk.ts";

/** The names for `--load`. */
export const LOAD_GENERATORS = ["wrk", "autocannon"] as const;
export type LoadGeneratorName = (typeof LOAD_GENERATORS)[number];

/** The given generator; by default wrk if it is installed, because it is fast enough to saturate every server. */
export function chooseLoad(wanted: LoadGeneratorName | null): LoadGenerator {
  const wrk = wanted === "autocannon" ? null : findWrk();
  if (wanted === "wrk" && wrk === null) throw new Error("wrk is not installed on this machine");
  return wrk ?? makeAutocannon(autocannonVersion());
}

function autocannonVersion(): string {
  const path = createRequire(import.meta.url).resolve("autocannon/package.json");
  const { version }: { version: string } = JSON.parse(readFileSync(path, "utf8"));
  return version;
}
