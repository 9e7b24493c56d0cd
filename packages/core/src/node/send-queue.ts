/**
 * Reads how many bytes of a connection's answers the system has not taken. Only the libuv handle knows: the stream of a
 * socket learns of a write when the last byte of the write is taken, which can be many megabytes later.
 */
import type { Socket } from "node:net";

/** What a connection has to send. */
export interface SendQueue {
  /** How many bytes wait, because the system takes no more of them: its buffer for the client is full. */
  readonly waiting: number;
  /** How many bytes the system has taken since the connection was opened. */
  readonly taken: number;
}

/** The counters of a libuv handle. */
interface SendCounters {
  readonly writeQueueSize: number;
  /** The bytes that were given to the handle, including `writeQueueSize`. */
  readonly bytesWritten: number;
}

/** Returns what a connection has to send; `null` when no bytes wait, or the kind of the connection does not say. */
export function sendQueueOf(socket: Socket): SendQueue | null {
  const handle = "_handle" in socket ? socket._handle : null;
  if (typeof handle !== "object" || handle === null) return null; // the socket is closed
  // A TLS handle counts whole records of TLS, 160 kB at a time. The handle below it counts bytes.
  const lowest = "_parent" in handle ? handle._parent : handle;
  if (!hasCounters(lowest)) return null;
  const { writeQueueSize: waiting } = lowest;
  return waiting === 0 ? null : { waiting, taken: lowest.bytesWritten - waiting };
}

function hasCounters(handle: unknown): handle is SendCounters {
  return (
    typeof handle === "object" &&
    handle !== null &&
    "writeQueueSize" in handle &&
    typeof handle.writeQueueSize === "number" &&
    "bytesWritten" in handle &&
    typeof handle.bytesWritten === "number"
  );
}
