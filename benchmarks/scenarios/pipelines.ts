/** A scenario with sixteen requests in one write: they share the cost of system calls. */
import { getJson } from "./get-json.ts";
import type { LoadScenario } from "./scenario.ts";

export const pipelines: LoadScenario = {
  ...getJson,
  name: "pipelines",
  title: "GET, small JSON, in pipelines of 16",
  about: "Every connection sends 16 requests, waits for the 16 answers, and sends the next 16.",
  pipelining: 16,
  isUnpaced: true,
};
