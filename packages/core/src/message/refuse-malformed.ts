/** Refuses requests that break a rule of HTTP, or that need what this server does not support. */
import { coreError } from "../errors/errors.ts";
import { reasonOf } from "./problem.ts";
import { Refusal } from "./refusal.ts";
import type { PacketronResponse } from "./response.ts";

/** Refuses a request with PKT_REQUEST_MALFORMED, or with PKT_REQUEST_TIMEOUT when the status is 408. */
export function refuseMalformed(
  response: PacketronResponse,
  status: number,
  headers?: Readonly<Record<string, string>>,
): void {
  const error = () =>
    status === 408
      ? coreError("PKT_REQUEST_TIMEOUT")
      : coreError("PKT_REQUEST_MALFORMED", { status, reason: reasonOf(status) });
  new Refusal({ status, headers, error }).send(response);
}
