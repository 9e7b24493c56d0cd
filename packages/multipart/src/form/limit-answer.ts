/** The 413 of REJECT_ON_LIMIT, which names the field and the limit. */
import type { PacketronRequest } from "@packetron/core";
import { refuse } from "@packetron/core/capability";
import type { Breach } from "./limit-watch.ts";

/**
 * Answers 413 with a problem document that has, besides its status, `"code":"PKT_MULTIPART_LIMIT"`,
 * `"limit":"maxFileSize"`, `"maximum":1048576` and `"field":"avatar"`. As after core's own 413, an answer that the
 * handler sends afterwards is ignored. Does nothing when an answer has begun.
 */
export function answerLimit(request: PacketronRequest, { limit, maximum, field, error }: Breach): void {
  if (request.response === null) return;
  refuse(request.response, error, undefined, { code: error.code, limit, maximum, field });
}
