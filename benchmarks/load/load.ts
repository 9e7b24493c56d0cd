/** The interface of load generators: their orders and results. */
import type { ScenarioRequest } from "../scenarios/scenario.ts";

/** An order for load on one server. */
export interface LoadOrder {
  readonly port: number;
  /** The requests, which every connection sends in turn. */
  readonly requests: readonly ScenarioRequest[];
  readonly connections: number;
  readonly pipelining: number;
  /** The duration of the load, in seconds. */
  readonly duration: number;
  /** The core of the load generator. */
  readonly core: number | null;
  /** The status that every answer must have. */
  readonly status: number;
}

/** The result of an order. */
export interface LoadResult {
  /** The number of answers. */
  readonly answers: number;
  /** The actual duration, in seconds. */
  readonly seconds: number;
  /** The median latency in milliseconds. With pipelining, it is measured from the first request of a pipeline. */
  readonly p50: number;
  readonly p99: number;
}

/** An answer was wrong, or a connection failed. Such a round has no figures. */
export class LoadError extends Error {}

/** A load generator. */
export interface LoadGenerator {
  /** The name and version, for the results. */
  readonly name: string;
  /** Runs an order. Rejects with a {@link LoadError} after a wrong answer or a failed connection. */
  run(order: LoadOrder): Promise<LoadResult>;
}
