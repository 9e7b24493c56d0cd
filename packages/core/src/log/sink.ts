/**
 * Writes log lines to stderr without ever throwing or blocking.
 *
 * How stderr behaves (Linux, Node 20 and 24): a file or a terminal is written synchronously. A pipe or a socket is
 * non-blocking; what does not fit stays in the stream's memory, without a bound, and is lost when the process exits. A
 * reader that has gone is an "error" event, EPIPE, which ends the process when nobody listens. So at most one line is
 * left with a stream that is behind; the others wait here, bounded, and what waits at the end is written synchronously.
 */
import { errorCode } from "../errors/narrow.ts";
import { fs } from "../node/modules.ts";

/** Takes finished lines. */
export interface LineSink {
  /** Whether a terminal shows them. */
  readonly isTTY: boolean;
  /** Takes one line with its line feed; never throws, never blocks. */
  write(line: string): void;
}

/** What a sink needs of the stream below it. */
export interface LineStream {
  readonly isTTY?: boolean;
  readonly writableLength: number;
  write(text: string, written: (error?: Error | null) => void): boolean;
  on(event: "error", listener: () => void): unknown;
}

/** Where a sink writes. */
export interface SinkTarget {
  readonly stream: LineStream;
  /** Writes at once and returns the number of bytes taken; throws EAGAIN when there is no room. */
  writeNow(bytes: Uint8Array): number;
  /** The line that tells how many did not fit. */
  describeDropped(count: number): string;
}

/** Most that waits for a reader that is behind, in UTF-16 units: a few thousand lines. */
const QUEUE_LIMIT = 256 * 1024;

/** How long the last lines may hold up the end of the process, in milliseconds. */
const LAST_WORDS_TIMEOUT = 200;

/** Makes a sink. `flush` writes synchronously what still waits, for 200 ms at most. */
export function createSink({ stream, writeNow, describeDropped }: SinkTarget): LineSink & { flush(): void } {
  const queue: string[] = [];
  let queued = 0;
  let dropped = 0;
  let unconfirmed = 0;
  let lastHanded = "";
  let closed = false;
  stream.on("error", () => {}); // the callback of each write tells; without a listener EPIPE would end the process

  function write(line: string): void {
    if (closed) return;
    if (queue.length === 0 && !isBehind()) return hand(line);
    queue.push(line);
    queued += line.length;
    // The oldest go first: what was said last before the end tells most.
    while (queued > QUEUE_LIMIT) {
      takeFirst();
      dropped++;
    }
  }

  /** Others may have filled the stream; one line is handed over even then, because its callback is the wake-up call. */
  function isBehind(): boolean {
    return unconfirmed > 0 && stream.writableLength > 0;
  }

  function hand(line: string): void {
    unconfirmed++;
    lastHanded = line;
    try {
      stream.write(line, onWritten);
    } catch {
      unconfirmed--; // a full disk, for instance: this line is lost, the next one may find room
    }
  }

  function onWritten(error?: Error | null): void {
    unconfirmed--;
    if (errorCode(error) === "EPIPE") {
      closed = true; // the reader of a pipe does not come back
      queue.length = queued = 0;
    }
    if (dropped > 0 && !closed && !isBehind()) hand(takeNotice());
    while (queue.length > 0 && !isBehind()) hand(takeFirst());
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
    // The stream cannot be made to finish; a line that appears twice is better than last words that are lost.
    if (dropped > 0) queue.unshift(takeNotice());
    if (isBehind()) queue.unshift(lastHanded);
    const rest = Buffer.from(queue.join(""));
    queue.length = queued = 0;
    writeWithin(rest, writeNow, performance.now() + LAST_WORDS_TIMEOUT);
  }

  return { isTTY: stream.isTTY === true, write, flush };
}

let shared: ReturnType<typeof createSink> | undefined;

/** The sink of this process's stderr, one for all loggers; flushed when the process exits. */
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
