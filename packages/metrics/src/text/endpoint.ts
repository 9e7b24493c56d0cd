/** Answers requests for metrics. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { PacketronRequest, PacketronResponse } from "@packetron/core";
import { field, refuse } from "@packetron/core/capability";
import { metricsError } from "../errors.ts";
import type { MetricsSettings } from "../options.ts";
import type { FamilyReport } from "../series/families.ts";
import { chooseFormat } from "./accept.ts";
import { writeMetrics } from "./exposition.ts";

/** Answers a request with the metrics that `scrape` gives. @throws PKT_METRICS_UNAVAILABLE */
export async function answerScrape(
  settings: MetricsSettings,
  request: PacketronRequest,
  response: PacketronResponse,
  scrape: () => Promise<readonly FamilyReport[]>,
): Promise<true> {
  if (request.method !== "GET" && request.method !== "HEAD") return refuseMethod(request, response);
  response.setHeader("Cache-Control", "no-store");
  if (settings.token !== null && !isAuthorized(request, settings.token)) {
    refuse(response, metricsError("PKT_METRICS_TOKEN"), { "WWW-Authenticate": "Bearer" });
    return true;
  }
  const format = chooseFormat(field(request, "accept"));
  const text = writeMetrics(await scrape(), format, settings.defaultLabels);
  response.setHeader("Content-Type", format.contentType);
  response.appendHeader("Vary", "Accept");
  response.send(text);
  return true;
}

/** Compares digests, whose length is the same for each token: the time of the comparison shows nothing of the token. */
function isAuthorized(request: PacketronRequest, token: string): boolean {
  const [, sent = ""] = /^Bearer +(\S+) *$/i.exec(field(request, "authorization") ?? "") ?? [];
  return timingSafeEqual(digest(sent), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Answers OPTIONS, and refuses other methods with 405, as core does for routes (RFC 9110 sections 9.3.7, 15.5.6). */
function refuseMethod(request: PacketronRequest, response: PacketronResponse): true {
  const allow = { Allow: "GET, HEAD, OPTIONS" };
  if (request.method === "OPTIONS") response.writeHead(204, allow).end();
  else refuse(response, 405, allow);
  return true;
}
