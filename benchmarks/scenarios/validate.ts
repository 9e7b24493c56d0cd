/** Scenarios with JSON bodies that a schema checks. The bodies are those of the scenarios without a schema. */
import { post10k, post150 } from "./post-json.ts";
import type { LoadScenario, ScenarioRequest } from "./scenario.ts";

export const validate150: LoadScenario = validated(post150, "validate-150");
export const validate10k: LoadScenario = validated(post10k, "validate-10k");

function validated(scenario: LoadScenario, name: string): LoadScenario {
  const requests = scenario.requests.map((request): ScenarioRequest => ({ ...request, path: "/orders" }));
  const [request] = requests;
  if (request === undefined) throw new Error(`${scenario.name} has no request`);
  return {
    ...scenario,
    name,
    title: `${scenario.title}, validated`,
    about:
      "The body is parsed, checked with a schema and sent back. Fastify checks with its own validator, ajv, the others with zod.",
    application: "validate",
    requests,
    refused: { ...request, body: (request.body ?? "").replace("19.5", '"19.5 €"') },
  };
}
