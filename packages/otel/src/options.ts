/** The option `otel`: its parts, their defaults and checks. */
import type { Span } from "@opentelemetry/api";
import type { PacketronRequest } from "@packetron/core";
import { assertOptions, optionError } from "@packetron/core/capability";

/** The value of `new Packetron({ otel: … })` in an object; `{}` and `true` trace each request. */
export interface OtelOptions {
  /**
   * Whether a request gets no span, such as that of a probe. Called before any gate.
   * @default no request is skipped
   */
  skip?: (request: PacketronRequest) => boolean;
  /**
   * Gets each span when it begins, to add attributes.
   * @default nothing is added
   */
  onSpan?: (span: Span, request: PacketronRequest) => void;
}

/** The option `otel`, checked; `null` for what is absent. */
export interface OtelSettings {
  readonly skip: ((request: PacketronRequest) => boolean) | null;
  readonly onSpan: ((span: Span, request: PacketronRequest) => void) | null;
}

/** @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN */
export function resolveSettings(value: unknown): OtelSettings {
  const options = value === true ? {} : value;
  assertOptions("otel", options, ["skip", "onSpan"], "true, false, or an object such as { skip }");
  const { skip = null, onSpan = null } = options;
  if (!isFunctionOrNull<OtelSettings["skip"]>(skip))
    throw optionError("otel.skip", skip, "a function (request)");
  if (!isFunctionOrNull<OtelSettings["onSpan"]>(onSpan))
    throw optionError("otel.onSpan", onSpan, "a function (span, request)");
  return { skip, onSpan };
}

function isFunctionOrNull<Option>(value: unknown): value is Option {
  return value === null || typeof value === "function";
}
