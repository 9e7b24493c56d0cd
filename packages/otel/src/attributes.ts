/** The attributes of spans, by the semantic conventions of OpenTelemetry for HTTP servers. */
import type { Attributes } from "@opentelemetry/api";
import type { PacketronRequest, SettledExchange } from "@packetron/core";
import { field, methodNames } from "@packetron/core/capability";

/** The method of a request in attributes and names of spans: a client can send any word. */
export function methodOf({ method = "" }: PacketronRequest): string {
  return methodNames.includes(method) ? method : "_OTHER";
}

/** The name of a span: method and route, or the method of a request without a route. */
export function spanName(request: PacketronRequest): string {
  const method = methodOf(request);
  const name = method === "_OTHER" ? "HTTP" : method;
  return request.route === null ? name : `${name} ${request.route.path}`;
}

/** What is known of a request when its span begins, so that samplers can decide by it. */
export function requestAttributes(request: PacketronRequest): Attributes {
  const { url = "", method = "", host } = request;
  const query = url.indexOf("?");
  const attributes: Attributes = {
    "http.request.method": methodOf(request),
    "url.scheme": request.protocol,
    "url.path": query === -1 ? url : url.slice(0, query),
    "network.protocol.version": request.httpVersion,
  };
  if (attributes["http.request.method"] === "_OTHER") attributes["http.request.method_original"] = method;
  if (query !== -1) attributes["url.query"] = redact(url.slice(query + 1));
  if (request.route !== null) attributes["http.route"] = request.route.path;
  if (request.ip !== "") attributes["client.address"] = request.ip;
  const userAgent = field(request, "user-agent");
  if (userAgent !== undefined) attributes["user_agent.original"] = userAgent;
  const [, name, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  if (name) attributes["server.address"] = name;
  if (port !== undefined) attributes["server.port"] = Number(port);
  return attributes;
}

/** Credentials in queries that the conventions want redacted. */
const CREDENTIALS = /(^|&)(AWSAccessKeyId|Signature|sig|X-Goog-Signature)=[^&]*/g;

function redact(query: string): string {
  return query.replace(CREDENTIALS, "$1$2=REDACTED");
}

/** What is known of a request when it is over. */
export function answerAttributes({ status, route, bytesIn, bytesOut, aborted }: SettledExchange): Attributes {
  const attributes: Attributes = { "http.response.body.size": bytesOut };
  if (bytesIn > 0) attributes["http.request.body.size"] = bytesIn;
  if (status > 0) attributes["http.response.status_code"] = status;
  if (route !== undefined) attributes["http.route"] = route;
  if (status >= 500) attributes["error.type"] = String(status);
  else if (aborted) attributes["error.type"] = "aborted";
  return attributes;
}
