/** Learns from helmet which headers its options mean, by one run at registration. */
import { Socket } from "node:net";
import { optionError, PacketronRequest, PacketronResponse } from "@packetron/core/capability";
import { loadHelmet } from "./library.ts";
import type { SecurityHeadersOptions } from "./options.ts";

/** What helmet does to an answer. */
export interface LearnedHeaders {
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the answer loses `X-Powered-By`, which a framework in a plugin may set. */
  readonly removesPoweredBy: boolean;
}

/** @throws PKT_OPTION_INVALID with the error of helmet as its cause. */
export function learnHeaders(options: SecurityHeadersOptions): LearnedHeaders {
  const request = new PacketronRequest(new Socket());
  const response = new RecordingResponse(request);
  try {
    loadHelmet().default(options)(request, response, (error) => {
      if (error !== undefined) throw error;
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw optionError("securityHeaders", options, `options that helmet accepts: ${reason}`, error);
  }
  return { headers: response.set, removesPoweredBy: response.removed.has("X-Powered-By") };
}

/** A response that keeps which headers are set and removed, with their names as they were written. */
class RecordingResponse extends PacketronResponse {
  readonly set: Record<string, string> = {};
  readonly removed: Set<string> = new Set();

  override setHeader(name: string, value: number | string | readonly string[]): this {
    this.set[name] = String(value);
    return this;
  }

  override removeHeader(name: string): void {
    this.removed.add(name);
  }
}
