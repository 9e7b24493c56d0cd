/** Refuses a request whose conditions or ranges the file does not meet. */
import { refuse } from "@packetron/core/capability";
import { staticError } from "../errors.ts";
import type { Representation } from "../files/representation.ts";
import { addToVary } from "./head.ts";
import type { Exchange, Plan } from "./plan.ts";

/** A plan to refuse the request. */
export interface RefusalPlan extends Plan {
  readonly status: 412 | 416;
}

/** Whether a plan refuses the request. */
export function isRefusal(plan: Plan): plan is RefusalPlan {
  return plan.status === 412 || plan.status === 416;
}

/** Answers 412 or 416. The answer does not contain the file, so it has none of the headers that describe the file. */
export function refuseFile(
  { request, response, file }: Exchange,
  { path, size }: Representation,
  { status }: RefusalPlan,
): void {
  if (file.encoded.length > 0) addToVary(response, "Accept-Encoding");
  if (status === 412) return refuse(response, staticError("PKT_STATIC_PRECONDITION", { path }));
  const { range = "" } = request.headers;
  // RFC 9110 section 15.5.17: a 416 reports the length of the file
  refuse(response, staticError("PKT_STATIC_RANGE", { path, range, size }), {
    "Content-Range": `bytes */${size}`,
  });
}
