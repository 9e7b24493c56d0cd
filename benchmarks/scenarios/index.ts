/** All scenarios, in the order of the report. */
import { getJson } from "./get-json.ts";
import { pipelines } from "./pipelines.ts";
import { post10k, post150 } from "./post-json.ts";
import type { Scenario } from "./scenario.ts";

export const scenarios: readonly Scenario[] = [getJson, post150, post10k, pipelines];
