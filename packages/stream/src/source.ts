/** Reads the sources of streams: streams of Node, streams of the web, and iterables, with one way to end each of them. */
import type { Readable } from "node:stream";
import { optionError } from "@packetron/core/capability";

/** A `ReadableStream` of the web, such as the body of `fetch()`. */
export interface WebStream<Part> {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Part | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/** What a `send` method takes: a stream of Node or of the web, or an iterable, whose parts may be promises. */
export type StreamSource<Part> =
  | Readable
  | WebStream<Part>
  | AsyncIterable<Part>
  | Iterable<Part | PromiseLike<Part>>;

/** The next part of a source, or its end. */
export interface Step {
  readonly done?: boolean | undefined;
  readonly value?: unknown;
}

/** An open source. */
export interface Source {
  /** Reads the next part. Not to be called while a promise of it is pending. */
  next(): Step | PromiseLike<Step>;
  /** Ends a source that has not ended by itself, also while a part is pending. Releases what it holds. */
  cancel(): unknown;
}

const EXPECTED = "a Readable, a ReadableStream, an iterable or an async iterable";

/**
 * Opens a source.
 *
 * @param call The method that the handler called, for the error: `"sendStream()"`.
 * @throws PKT_OPTION_INVALID for a value that is not a source. A text or bytes are not, although they are iterable.
 */
export function openSource(call: string, source: unknown): Source {
  if (typeof source === "string" || ArrayBuffer.isView(source))
    throw optionError(`${call} source`, source, `${EXPECTED}; response.send() sends a whole body`);
  if (isReadable(source)) return openReadable(source);
  if (isWebStream(source)) return openWebStream(source);
  const open = methodOf(source, Symbol.asyncIterator) ?? methodOf(source, Symbol.iterator);
  if (open === undefined) throw optionError(`${call} source`, source, EXPECTED);
  return openIterator(Reflect.apply(open, source, []) as Iterator<unknown> | AsyncIterator<unknown>);
}

/** Ends a source that is not read, because the call with it is not answered. */
export function dropSource(source: unknown): void {
  try {
    const ended = openSource("", source).cancel();
    if (isThenable(ended)) ended.then(undefined, ignore);
  } catch {
    // Not a source, or one that is in use elsewhere.
  }
}

/** A stream is destroyed: `return()` of its iterator would wait for a part that may never arrive. */
function openReadable(stream: Readable): Source {
  const iterator: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    cancel() {
      stream.once("error", ignore); // of a file that could not be opened, for example
      stream.destroy();
    },
  };
}

/** For the same reason a reader, and not the iterator of the stream. */
function openWebStream(stream: WebStream<unknown>): Source {
  const reader = stream.getReader();
  return { next: () => reader.read(), cancel: () => reader.cancel() };
}

/** Calls `return()`, which runs the `finally` of a generator: at once, or when the promise that it awaits is settled. */
function openIterator(iterator: Iterator<unknown> | AsyncIterator<unknown>): Source {
  return {
    next() {
      const step = iterator.next();
      return isThenable(step) ? step : settle(step);
    },
    cancel: () => iterator.return?.(),
  };
}

/** Waits for a part of a synchronous iterable that is a promise. */
function settle(step: Step): Step | PromiseLike<Step> {
  const { done, value } = step;
  return done !== true && isThenable(value) ? value.then((settled) => ({ value: settled })) : step;
}

/** Whether a value can be awaited. */
export function isThenable<Value = unknown>(value: unknown): value is PromiseLike<Value> {
  return methodOf(value, "then") !== undefined;
}

/** Whether a value is the object that a generator function returns. */
export function isGenerator(value: unknown): boolean {
  return (
    methodOf(value, "next") !== undefined &&
    [Symbol.asyncIterator, Symbol.iterator].some((name) => methodOf(value, name) !== undefined)
  );
}

function isReadable(value: unknown): value is Readable {
  return ["pipe", "destroy", Symbol.asyncIterator].every((name) => methodOf(value, name) !== undefined);
}

function isWebStream(value: unknown): value is WebStream<unknown> {
  return methodOf(value, "getReader") !== undefined;
}

type Method = (this: unknown, ...parameters: unknown[]) => unknown;

function methodOf(value: unknown, name: string | symbol): Method | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const method: unknown = Reflect.get(value, name);
  return typeof method === "function" ? (method as Method) : undefined;
}

function ignore(): void {}
