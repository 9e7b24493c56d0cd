/**
 * Writes log lines to stderr without ever throwing or blocking.
 *
 * How stderr behaves (Linux, Node 20 and 24): writes to a file or a terminal are synchronous. A pipe or a socket is
 * non-blocking; what does not fit stays in the stream's memory, without a bound, and is lost when the process exits. When
 * the reader closes a pipe, the stream emits `error` with EPIPE, which ends the process if there is no listener.
 *
 * So the sink gives at most one line to a stream that is blocked. Further lines wait in the sink, in a bounded queue.
 * When the process exits, the sink writes the waiting lines synchronously.
 */
import { errorCode } from "../errors/narrow.ts";
import { fs } from "../node/modules.ts";

/** Writes complete log lines, such as to stderr. */
export interface LineSink {
  /** Whether a terminal shows the lines. */
  readonly isTTY: boolean;
  /** Writes or queues one line, which ends with a line feed. Never throws, never blocks. */
  write(line: string): void;
}

/** The part of a writable stream that a sink uses. */
export interface LineStream {
  readonly isTTY?: boolean;
  readonly writableLength: number;
  write(text: string, written: (error?: Error | null) => void): boolean;
  on(event: "error", listener: () => void): unknown;
}

/** The output that a sink writes to, such as stderr, and how the sink reports dropped lines. */
export interface SinkTarget {
  readonly stream: LineStream;
  /**
   * Writes synchronously, and returns the number of bytes that were written; throws EAGAIN if the output takes none
   * now.
   */
  writeNow(bytes: Uint8Array): number;
  /** Makes the line that says how many lines were dropped. */
  describeDropped(count: number): string;
}

/** The longest queue of lines that a slow reader has not taken, in UTF-16 units: a few thousand lines. */
const QUEUE_LIMIT = 256 * 1024;

/** How long writing the last log lines may delay the exit of the process, in milliseconds. */
const EXIT_TIMEOUT = 200;

/**
 * Makes a sink, which writes log lines without blocking. Its `flush()` writes the waiting lines synchronously, for 200
 * ms at most.
 */
export function createSink({ stream, writeNow, describeDropped }: SinkTarget): LineSink & { flush(): void } {
  const queue: string[] = [];
  let queued = 0;
  let dropped = 0;
  let unconfirmed = 0;
  let lastHanded = "";
  let closed = false;
  stream.on("error", () => {}); // the callback of each write gets the error; without a listener EPIPE would end the process

  function write(line: string): void {
    if (closed) return;
    if (queue.length === 0 && !isBlocked()) return handOver(line);
    queue.push(line);
    queued += line.length;
    // The oldest lines are dropped: the last lines before a crash explain most.
    while (queued > QUEUE_LIMIT) {
      takeFirst();
      dropped++;
    }
  }

  /**
   * Whether the stream still holds a line of this sink. If only other writers have filled the stream, the sink still
   * gives it one line, because the callback of that write resumes the queue.
   */
  function isBlocked(): boolean {
    return unconfirmed > 0 && stream.writableLength > 0;
  }

  function handOver(line: string): void {
    unconfirmed++;
    lastHanded = line;
    try {
      stream.write(line, onWritten);
    } catch {
      unconfirmed--; // the disk is full, for instance: this line is lost, the next one may fit
    }
  }

  function onWritten(error?: Error | null): void {
    unconfirmed--;
    if (errorCode(error) === "EPIPE") {
      closed = true; // a closed pipe never gets a reader again
      queue.length = queued = 0;
    }
    if (dropped > 0 && !closed && !isBlocked()) handOver(takeNotice());
    while (queue.length > 0 && !isBlocked()) handOver(takeFirst());
  }

  function takeFirst(): string {
    const line = queue.shift() ?? "";
    queued -= line.length;
    return line;
  }

  function takeNotice(): string {
    const notice = describeDropped(dropped);
    dropped = 0;
    return notice;
  }

  function flush(): void {
    if (closed) return;
    // The stream cannot be flushed synchronously, so its line is written again: twice is better than not at all.
    if (dropped > 0) queue.unshift(takeNotice());
    if (isBlocked()) queue.unshift(lastHanded);
    const rest = Buffer.from(queue.join(""));
    queue.length = queued = 0;
    writeWithin(rest, writeNow, performance.now() + EXIT_TIMEOUT);
  }

  return { isTTY: stream.isTTY === true, write, flush };
}

let shared: ReturnType<typeof createSink> | undefined;

/**
 * Returns the sink that writes log lines to this process's stderr. All loggers share it; it is flushed when the process
 * exits.
 */
export function stderrSink(describeDropped: (count: number) => string): LineSink {
  if (shared === undefined) {
    const writeNow = (bytes: Uint8Array): number => fs.writeSync(2, bytes);
    shared = createSink({ stream: process.stderr, writeNow, describeDropped });
    process.once("exit", shared.flush);
  }
  return shared;
}

function writeWithin(bytes: Uint8Array, writeNow: SinkTarget["writeNow"], deadline: number): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let rest = bytes; rest.length > 0 && performance.now() < deadline; ) {
    try {
      rest = rest.subarray(writeNow(rest));
    } catch (error) {
      if (errorCode(error) !== "EAGAIN") return;
      Atomics.wait(sleeper, 0, 0, 5);
    }
  }
}
