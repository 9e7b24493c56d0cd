/** Helpers of the tests: an SDK that keeps its spans, and servers with `otel()`. */
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { Capability, Packetron, ServerOptions } from "@packetron/core";
import { startServer as start } from "../../core/test/_server.ts";
import { otel } from "../src/index.ts";

const exporter = new InMemorySpanExporter();

/** Registers the SDK for this test file. */
export function registerSdk(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
}

/** The spans that have ended. */
export function endedSpans(): readonly ReadableSpan[] {
  return exporter.getFinishedSpans();
}

/** Forgets the spans. */
export function resetSpans(): void {
  exporter.reset();
}

/** Starts a server with `otel()` that stops at the end of the test. */
export async function startServer(
  setUp: (server: Packetron) => void,
  { others = [], ...options }: ServerOptions & { readonly others?: readonly Capability[] } = {},
): Promise<Packetron> {
  const { server } = await start(setUp, { otel: true, ...options, capabilities: [otel(), ...others] });
  return server;
}
