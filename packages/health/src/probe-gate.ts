/** Answers probes before plugins, limits and load shedding can refuse the probes. */
import type { Gate, PacketronRequest, PacketronResponse } from "@packetron/core";
import { refuse } from "@packetron/core/capability";

/** The paths of the probes, and the source of the answers. */
export interface ProbeParts {
  /** The canonical path of the liveness probe; `null` for no such path. */
  readonly liveness: string | null;
  /** The canonical path of the readiness probe; `null` for no such path. */
  readonly readiness: string | null;
  isReady(): boolean | Promise<boolean>;
  /** Called for a request when a route of the program has the path of a probe. */
  shadowed(request: PacketronRequest): void;
}

/** Makes the gate that answers probes. Every other request costs two comparisons of strings. */
export function createProbeGate({ liveness, readiness, isReady, shadowed }: ProbeParts): Gate {
  return function probeGate(request, response) {
    const { path } = request;
    if (path !== liveness && path !== readiness) return false;
    if (request.route !== null && request.route.path === path) {
      shadowed(request);
      return false;
    }
    if (request.method !== "GET" && request.method !== "HEAD") return refuseMethod(request, response);
    const healthy = path === liveness || isReady();
    if (typeof healthy === "boolean") return answerProbe(response, healthy);
    return healthy.then((isHealthy) => answerProbe(response, isHealthy));
  };
}

function answerProbe(response: PacketronResponse, healthy: boolean): true {
  response.statusCode = healthy ? 200 : 503;
  response.setHeader("Cache-Control", "no-store"); // a cached answer would hide a change of state
  response.sendJson({ status: healthy ? "ok" : "unavailable" });
  return true;
}

/** Answers OPTIONS, and refuses other methods with 405, as core does for routes (RFC 9110 sections 9.3.7, 15.5.6). */
function refuseMethod(request: PacketronRequest, response: PacketronResponse): true {
  const allow = { Allow: "GET, HEAD, OPTIONS" };
  if (request.method === "OPTIONS") response.writeHead(204, allow).end();
  else refuse(response, 405, allow);
  return true;
}
