/** Collects what the schemas of a route say about one request. */
import type { PacketronResponse } from "@packetron/core";
import { prepareRefusal } from "@packetron/core/capability";
import { type ValidationIssue, validationError } from "./errors.ts";
import { toIssues } from "./issues.ts";
import type { StandardResult, StandardSchema } from "./standard-schema.ts";
import type { RequestPart } from "./types.ts";

/** The values that the schemas give. */
export type Valid = { [Part in RequestPart]?: unknown };

/** The outcome of the checks of one request. */
export class Outcome {
  readonly valid: Valid = {};
  #issues: readonly ValidationIssue[] | null = null;

  /** Checks a part. Returns a promise only for a schema that is asynchronous. */
  check(part: RequestPart, schema: StandardSchema<unknown>, input: unknown): Promise<void> | undefined {
    const result = schema["~standard"].validate(input);
    if ("then" in result) return result.then((later) => this.#add(part, later, input));
    this.#add(part, result, input);
    return undefined;
  }

  /** Whether a part is not valid. */
  get isRefused(): boolean {
    return this.#issues !== null;
  }

  /** Answers with 400 if a part is not valid. Returns whether it has. */
  refuse(response: PacketronResponse): boolean {
    const issues = this.#issues;
    if (issues === null) return false;
    prepareRefusal({ status: 400, fields: { errors: issues }, error: () => validationError(issues) })(
      response,
    );
    return true;
  }

  #add(part: RequestPart, result: StandardResult<unknown>, input: unknown): void {
    if (result.issues === undefined) this.valid[part] = result.value;
    else this.#issues = [...(this.#issues ?? []), ...toIssues(part, result.issues, input)];
  }
}
