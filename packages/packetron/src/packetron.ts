/**
 * The class `Packetron` of the meta-package, which is the class of core with every capability registered, and the names of
 * the capabilities.
 */
import { bodyJson } from "@packetron/body-json";
import { bodyText } from "@packetron/body-text";
import { bodyXml } from "@packetron/body-xml";
import { compress } from "@packetron/compress";
import { type Capability, Packetron as CorePacketron, type ServerOptions } from "@packetron/core";
import { cors } from "@packetron/cors";
import { firewall } from "@packetron/firewall";
import { globalData } from "@packetron/global-data";
import { health } from "@packetron/health";
import { metrics } from "@packetron/metrics";
import { multipart } from "@packetron/multipart";
import { openapi } from "@packetron/openapi";
import { overload } from "@packetron/overload";
import { plugins } from "@packetron/plugins";
import { rateLimit } from "@packetron/ratelimit";
import { securityHeaders } from "@packetron/security-headers";
import { staticFiles } from "@packetron/static";
import { stream } from "@packetron/stream";
import { validate } from "@packetron/validate";
import { webSocket } from "@packetron/websocket";

export { type BodyJsonOptions, bodyJson, type Poisoning } from "@packetron/body-json";
export { bodyText } from "@packetron/body-text";
export { type BodyXmlOptions, bodyXml, type XmlLimits } from "@packetron/body-xml";
export { type CompressOptions, type ContentCoding, compress } from "@packetron/compress";
export { type CorsOptions, cors, type OriginFunction } from "@packetron/cors";
export { type FirewallErrorCode, firewall, firewallErrorCodes } from "@packetron/firewall";
export {
  type Durability,
  type GlobalDataErrorCode,
  type GlobalDataOptions,
  globalData,
  globalDataErrorCodes,
} from "@packetron/global-data";
export { type HealthOptions, health, type ReadinessCheck } from "@packetron/health";
export {
  type Counter,
  type Gauge,
  type GaugeOptions,
  type Histogram,
  type HistogramOptions,
  type Labels,
  type LabelValue,
  type MetricOptions,
  type MetricsErrorCode,
  type MetricsOptions,
  type MetricsRegistry,
  metrics,
  metricsErrorCodes,
  type ServerMetrics,
} from "@packetron/metrics";
export {
  type CutFile,
  type FileHook,
  type FileInfo,
  type MultipartErrorCode,
  type MultipartLimits,
  type MultipartOptions,
  multipart,
  multipartErrorCodes,
  type StoredFile,
  type UploadedFile,
} from "@packetron/multipart";
export {
  type DocsOptions,
  type JsonObject,
  type OpenapiDocument,
  type OpenapiErrorCode,
  type OpenapiOptions,
  openapi,
  openapiErrorCodes,
  type PageUi,
  type ToJsonSchema,
} from "@packetron/openapi";
export {
  type OverloadErrorCode,
  type OverloadOptions,
  overload,
  overloadErrorCodes,
} from "@packetron/overload";
export {
  PacketronPlugin,
  type PacketronPluginManager,
  type PacketronPluginOptions,
  PacketronPluginPriority,
  type PluginErrorCode,
  type PluginHandler,
  pluginErrorCodes,
  plugins,
} from "@packetron/plugins";
export {
  byHeader,
  byIp,
  type RateLimitErrorCode,
  type RateLimitKey,
  type RateLimitOptions,
  type RateLimitScope,
  rateLimit,
  rateLimitErrorCodes,
} from "@packetron/ratelimit";
export { type SecurityHeadersOptions, securityHeaders } from "@packetron/security-headers";
export {
  type CacheControl,
  PacketronConstants,
  type SendFileOptions,
  type ServeFileOptions,
  type ServeOptions,
  type ServingOptions,
  type SetHeaders,
  type StaticErrorCode,
  type StaticFilesOptions,
  staticErrorCodes,
  staticFiles,
  type UnserveOptions,
} from "@packetron/static";
export {
  type EventSender,
  type EventsFunction,
  type EventsSource,
  type SendEventsOptions,
  type SendStreamOptions,
  type ServerSentEvent,
  type StreamChunk,
  type StreamErrorCode,
  type StreamSource,
  stream,
  streamErrorCodes,
  type WebStream,
} from "@packetron/stream";
export {
  type InputOf,
  isValidationError,
  type OutputOf,
  type RequestPart,
  type RouteSchema,
  type StandardSchema,
  type ValidateErrorCode,
  type ValidationError,
  type ValidationIssue,
  type ValidOf,
  validate,
  validateErrorCodes,
} from "@packetron/validate";
export {
  type PacketronWebSocket,
  type WebSocketData,
  type WebSocketErrorCode,
  type WebSocketOptions,
  type WebSocketOrigin,
  type WebSocketOriginFunction,
  type WebSocketProtocolFunction,
  webSocket,
  webSocketErrorCodes,
} from "@packetron/websocket";

/**
 * A multi-process HTTP server with every capability of Packetron registered; otherwise the same as `Packetron` of
 * `@packetron/core`. The option `capabilities` adds capabilities. A capability with the name of a registered capability
 * replaces that one: so `bodyJson({ … })` in the option is how to pass options to the registered `bodyJson()`.
 *
 * @throws The errors of the constructor of core.
 * @example
 * const server = new Packetron({ port: 3000, flags: PacketronServerFlags.START_IMMEDIATELY });
 * server.handle({
 *   method: PacketronRequestMethod.POST,
 *   routePath: "api/echo",
 *   flags: PacketronHandlerFlags.JSON_BODY,
 *   handler: async (request, response) => response.sendJson({ received: await request.getBody() }),
 * });
 * @example
 * // Adds a capability, and replaces a registered one by one with options.
 * new Packetron({ capabilities: [bodyJson({ poisoning: "drop" }), requestId()] });
 */
export class Packetron extends CorePacketron {
  constructor(options: ServerOptions = {}) {
    // Core refuses a value that is not an object; spread, it would be an object without options.
    super(
      isObject(options) ? { ...options, capabilities: withRegistered(options.capabilities ?? []) } : options,
    );
  }
}

/** The registered capabilities. Their order appears in messages only; the order of gates is fixed elsewhere. */
const factories: readonly (() => Capability)[] = [
  bodyJson,
  bodyText,
  bodyXml,
  compress,
  cors,
  firewall,
  globalData,
  health,
  metrics,
  multipart,
  openapi,
  overload,
  plugins,
  rateLimit,
  securityHeaders,
  staticFiles,
  stream,
  validate,
  webSocket,
];

function withRegistered(added: readonly Capability[]): readonly Capability[] {
  // An invalid value, or a list with an invalid entry, is passed to core unchanged. So the error of core has the index
  // that the entry has in the list of the user.
  if (!Array.isArray(added) || !added.every(isObject)) return added;
  const names = new Set(added.map(({ name }) => name));
  const registered = factories.map((create) => create());
  return [...registered.filter(({ name }) => !names.has(name)), ...added];
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
