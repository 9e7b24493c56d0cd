/**
 * Tracing channels of `node:diagnostics_channel`, by which tools see requests without a hook in them. Nothing is created
 * for a channel without subscribers.
 */
import { type Channel, channel } from "node:diagnostics_channel";
import { isThenable } from "./thenable.ts";

/** What a traced operation gives to subscribers. */
interface Outcome {
  /** The error of the operation; `undefined` without one. */
  error?: unknown;
}

/**
 * The five channels of one kind of operation, as `diagnostics_channel.tracingChannel()` has them. The class itself loads
 * no further code of Node, and Node 20 cannot ask its own class for subscribers.
 */
export class TracingPoint<Context extends Outcome> {
  readonly start: Channel;
  readonly end: Channel;
  readonly asyncStart: Channel;
  readonly asyncEnd: Channel;
  readonly error: Channel;

  constructor(name: string) {
    this.start = channel(`tracing:${name}:start`);
    this.end = channel(`tracing:${name}:end`);
    this.asyncStart = channel(`tracing:${name}:asyncStart`);
    this.asyncEnd = channel(`tracing:${name}:asyncEnd`);
    this.error = channel(`tracing:${name}:error`);
  }

  /** Whether one of the channels has a subscriber or a store. */
  get isUsed(): boolean {
    return (
      this.start.hasSubscribers ||
      this.asyncEnd.hasSubscribers ||
      this.end.hasSubscribers ||
      this.error.hasSubscribers ||
      this.asyncStart.hasSubscribers
    );
  }

  /** Calls a function in the stores that are bound to `start`, and publishes its start and end. */
  run<Result>(context: Context, call: () => Result): Result {
    return this.start.runStores(context, () => {
      try {
        return call();
      } catch (error) {
        this.fail(context, error);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  /** Does the same for a function that may return a promise, and follows the promise. Returns it as it is. */
  trace<Result>(context: Context, call: () => Result): Result {
    const result = this.run(context, call);
    if (isThenable(result))
      result.then(
        () => this.finish(context),
        (error: unknown) => {
          this.fail(context, error);
          this.finish(context);
        },
      );
    return result;
  }

  /** Publishes that the operation is over. */
  finish(context: Context): void {
    this.asyncStart.publish(context);
    this.asyncEnd.publish(context);
  }

  /** Publishes an error of the operation. */
  fail(context: Context, error: unknown): void {
    context.error = error;
    this.error.publish(context);
  }
}

// Only Node's code publishes to these channels.
const started = channel("http.server.request.start");
const created = channel("http.server.response.created");
const finished = channel("http.server.response.finish");

/** Whether tools subscribe to channels of Node's HTTP server. While they do, Node has to answer all requests. */
export function isNodeObserved(): boolean {
  return started.hasSubscribers || created.hasSubscribers || finished.hasSubscribers;
}
