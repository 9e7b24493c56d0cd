/** What a load generator is asked, and what it tells. */
import type { ScenarioRequest } from "../scenarios/scenario.ts";

/** One stretch of load on one server. */
export interface LoadOrder {
  readonly port: number;
  /** Sent in turn by every connection. */
  readonly requests: readonly ScenarioRequest[];
  readonly connections: number;
  readonly pipelining: number;
  /** Seconds. */
  readonly duration: number;
  /** The core that makes the load. */
  readonly core: number | null;
  /** The status that every answer must have. */
  readonly status: number;
}

/** What came of it. */
export interface LoadResult {
  /** Answers that arrived. */
  readonly answers: number;
  /** Seconds that it took in fact. */
  readonly seconds: number;
  /** Milliseconds from a request (with pipelining: from the first of a pipeline) to its answer. */
  readonly p50: number;
  readonly p99: number;
}

/** An answer was wrong, or a connection broke: such a round has no figure. */
export class LoadError extends Error {}

/** A program that makes load. */
export interface LoadGenerator {
  /** Name and version, for the results. */
  readonly name: string;
  /** Rejects with a {@link LoadError} when not all went well. */
  run(order: LoadOrder): Promise<LoadResult>;
}
