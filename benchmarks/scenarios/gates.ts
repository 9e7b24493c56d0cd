/** Scenarios with gates before the handler: a rate limit, and plugins. */
import { getJson } from "./get-json.ts";
import type { LoadScenario } from "./scenario.ts";

export const rateLimit: LoadScenario = {
  ...getJson,
  name: "rate-limit",
  title: "GET, small JSON, rate-limited",
  about:
    "A route with a limit that is never reached: the cost of counting is measured. The limiters of fastify and express count for each client address, Packetron's and the one written by hand for the route.",
  application: "rate-limit",
};

export const onePlugin: LoadScenario = { ...plugins("plugins-1", "one plugin"), isExtra: true };
export const threePlugins: LoadScenario = plugins("plugins-3", "three plugins");

function plugins(name: string, words: string): LoadScenario {
  return {
    ...getJson,
    name,
    title: `GET, small JSON, ${words}`,
    about: `Before the handler run ${words} (middlewares, hooks), each of which looks for a request header and lets the request pass.`,
    application: name,
  };
}
