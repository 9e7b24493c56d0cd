/** The servers that the wire tests run against. */
import { answerAfterBody, startServing } from "../request/_serving.ts";

/** A running server and what the tests need to know of it. */
export interface Subject {
  readonly port: number;
  /** Unexpected errors so far. */
  readonly reported: readonly unknown[];
  stop(): Promise<void>;
}

/** By name, how to start it: it answers every path after it has read the body. */
export const subjects: readonly [name: string, start: () => Promise<Subject>][] = [
  ["a bare server", () => startServing({ lingerTimeout: 300 }, answerAfterBody)],
];
