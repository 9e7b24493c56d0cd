/** Answers preflights: the OPTIONS request by which a browser asks whether a page may send its request. */
import type { Gate, PacketronRequest, PacketronResponse, PacketronRoute } from "@packetron/core";
import { field, routesOf } from "@packetron/core/capability";
import type { CorsPolicy } from "./policy.ts";

type Routes = ReadonlyMap<string, PacketronRoute>;

/** The parts of the gate. */
export interface PreflightParts {
  /** The policy of a route; `null` when CORS is off there. */
  policyOf(route: PacketronRoute): CorsPolicy | null;
  /** Called for a request that the gate answers, with all headers of CORS. */
  note(request: PacketronRequest): void;
}

/**
 * Makes the gate that answers preflights with 204, before plugins and before core's 405. It leaves other requests alone:
 * OPTIONS without an origin or a method, one whose path has a route for OPTIONS, and one that asks for a method that the
 * path does not have, or whose route has no CORS.
 */
export function createPreflightGate(parts: PreflightParts): Gate {
  return function preflight(request, response) {
    if (request.method !== "OPTIONS" || request.route !== null) return false;
    const origin = field(request, "origin");
    const method = field(request, "access-control-request-method");
    if (origin === undefined || method === undefined) return false;
    const answer = (routes: Routes): boolean | Promise<boolean> => {
      const route = routes.get(method);
      const policy = route === undefined ? null : parts.policyOf(route);
      if (policy === null) return false;
      parts.note(request);
      const allowed = policy.allows(origin, request);
      const send = (is: boolean): true => {
        policy.add(is ? origin : null, response);
        if (is) allow(policy, namesOf(routes, policy, parts), request, response);
        response.sendStatusCode(204);
        return true;
      };
      return typeof allowed === "boolean" ? send(allowed) : allowed.then(send);
    };
    const routes = routesOf(request);
    return routes instanceof Promise ? routes.then(answer) : answer(routes);
  };
}

/** Sets what the page may send. */
function allow(
  { settings }: CorsPolicy,
  methods: readonly string[],
  request: PacketronRequest,
  response: PacketronResponse,
): void {
  response.setHeader("Access-Control-Allow-Methods", methods.join(", "));
  const headers = settings.allowedHeaders ?? requestedHeaders(request, response);
  if (headers !== "") response.setHeader("Access-Control-Allow-Headers", headers);
  if (settings.maxAge !== null) response.setHeader("Access-Control-Max-Age", settings.maxAge);
  if (settings.privateNetwork && field(request, "access-control-request-private-network") === "true")
    response.setHeader("Access-Control-Allow-Private-Network", "true");
}

/**
 * The methods of a path that a preflight allows. A browser keeps the whole list for the path, so a method whose route
 * has another policy must not be in it.
 */
function namesOf(routes: Routes, policy: CorsPolicy, parts: PreflightParts): string[] {
  const { methods } = policy.settings;
  return [...routes]
    .filter(
      ([name, route]) => parts.policyOf(route) === policy && (methods === null || methods.includes(name)),
    )
    .map(([name]) => name);
}

/** Names of headers with commas, as the fetch standard writes them. */
const NAMES = /^[\w!#$%&'*+.^`|~-]+(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*$/;

function requestedHeaders(request: PacketronRequest, response: PacketronResponse): string {
  const asked = field(request, "access-control-request-headers") ?? "";
  response.appendHeader("Vary", "Access-Control-Request-Headers");
  return NAMES.test(asked) ? asked : "";
}
