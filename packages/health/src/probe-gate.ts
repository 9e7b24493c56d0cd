/** Answers probes, in front of everything that could keep them from an answer: plugins, limits, load shedding. */
import { type Gate, type PacketronRequest, type PacketronResponse, refuse } from "@packetron/core";

/** Where probes ask, and what answers them. */
export interface ProbeParts {
  /** Canonical paths; `null` matches none. */
  readonly liveness: string | null;
  readonly readiness: string | null;
  isReady(): boolean | Promise<boolean>;
  /** The program has a route of its own on the path of a probe. */
  shadowed(request: PacketronRequest): void;
}

/** Every other request pays two comparisons of strings. */
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
  response.setHeader("Cache-Control", "no-store"); // an answer is true for the moment in which it is given
  response.sendJson({ status: healthy ? "ok" : "unavailable" });
  return true;
}

/** As core does for a route: RFC 9110 sections 9.3.7 and 15.5.6. */
function refuseMethod(request: PacketronRequest, response: PacketronResponse): true {
  const allow = { Allow: "GET, HEAD, OPTIONS" };
  if (request.method === "OPTIONS") response.writeHead(204, allow).end();
  else refuse(response, 405, allow);
  return true;
}
