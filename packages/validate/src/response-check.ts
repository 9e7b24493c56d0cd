/** Checks the answers of a route in development. */
import type { Answering, CapabilityHost, PacketronRoute } from "@packetron/core";
import { validateError } from "./errors.ts";
import type { StandardIssue, StandardSchema } from "./standard-schema.ts";

/** The most issues in a log line. */
const MAX_ISSUES = 5;

/** Whether this process is one of development: under `packetron dev`, or by NODE_ENV. */
export function isDevelopment(): boolean {
  const { PACKETRON_DEV, NODE_ENV } = process.env;
  return PACKETRON_DEV === "1" || NODE_ENV === "development" || NODE_ENV === "test";
}

/**
 * Makes the function that checks the JSON answers of a route with a status from 200 to 299, and logs
 * PKT_VALIDATION_RESPONSE for one that does not fit. It never changes an answer.
 */
export function createResponseCheck(
  host: CapabilityHost,
  schema: StandardSchema<unknown>,
  route: PacketronRoute,
): Answering {
  const report = (problem: string): void => {
    const error = validateError("PKT_VALIDATION_RESPONSE", { route: String(route), problem });
    host.log.error({ err: error }, "an answer does not fit its schema");
  };
  return (_request, _response, answer) => {
    const { status, body } = answer;
    if (status < 200 || status > 299 || body === null || body.length === 0) return;
    if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(answer.header("Content-Type") ?? "")) return;
    void checkText(schema, typeof body === "string" ? body : Buffer.from(body).toString(), report);
  };
}

async function checkText(
  schema: StandardSchema<unknown>,
  text: string,
  report: (problem: string) => void,
): Promise<void> {
  try {
    const { issues } = await schema["~standard"].validate(JSON.parse(text));
    if (issues !== undefined) report(issues.slice(0, MAX_ISSUES).map(describe).join("; "));
  } catch (error) {
    report(error instanceof Error ? error.message : String(error));
  }
}

function describe({ message, path = [] }: StandardIssue): string {
  const keys = Array.from(path, (entry) => String(typeof entry === "object" ? entry.key : entry));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}
