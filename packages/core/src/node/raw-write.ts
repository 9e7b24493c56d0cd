/**
 * Writes past the stream in front of a socket's handle. When the system takes all of it at once, as it nearly always
 * does with an answer of a few hundred bytes, the stream's bookkeeping and the tick behind it would be a tenth of the CPU
 * time of a small answer.
 */
import { Socket } from "node:net";
import { constants } from "node:os";
import type { HttpSocket, StreamHandle, WriteRequest } from "./internals.ts";

/** What became of a write: `REFUSED` wrote nothing, and the stream has to. */
export const Written: { readonly REFUSED: 0; readonly PENDING: 1; readonly DONE: 2 } = Object.freeze({
  REFUSED: 0,
  PENDING: 1,
  DONE: 2,
});

/** What becomes of a write that has failed without a word. */
const EPIPE = -constants.errno.EPIPE;

/** Writes on one socket. */
export class RawWriter {
  readonly #socket: HttpSocket;
  readonly #handle: StreamHandle;
  readonly #requestClass: (new () => WriteRequest) | null;
  readonly #complete: (status: number) => void;
  /** The method of the socket. */
  readonly #write: unknown;
  /** How much had been received at the last write. */
  #bytesRead = -1;
  #spare: WriteRequest | null = null;

  /**
   * @param requestClass What the handle wants to be given with a write; `null` where it makes one when it needs it.
   * @param complete Called with the status of a write that was PENDING: 0, or an error of the system.
   */
  constructor(
    socket: HttpSocket,
    handle: StreamHandle,
    requestClass: (new () => WriteRequest) | null,
    complete: (status: number) => void,
  ) {
    this.#socket = socket;
    this.#write = socket.write;
    this.#handle = handle;
    this.#requestClass = requestClass;
    this.#complete = complete;
  }

  /** Whether nothing has been received since this was asked last: another request of the same read. */
  isSameRead(): boolean {
    const { bytesRead } = this.#handle;
    if (bytesRead === this.#bytesRead) return true;
    this.#bytesRead = bytesRead;
    return false;
  }

  /** Writes text whose characters are bytes. */
  write(text: string): number {
    if (!this.#isFree) return Written.REFUSED;
    const request = this.#spare ?? this.#request();
    const outcome = this.#outcome(this.#handle.writeLatin1String(request, text), null);
    // The system has let go of the request of a write that is done. A new object of C++ each time costs 5 % of a small GET.
    this.#spare = outcome === Written.DONE ? request : null;
    return outcome;
  }

  /** Writes such a text and bytes behind it, which must not change until they are out. */
  writeBytes(text: string, bytes: Uint8Array): number {
    if (!this.#isFree) return Written.REFUSED;
    const request = this.#request();
    const chunks = [text, "latin1", bytes, "buffer"];
    if (request !== null) request.buffer = chunks;
    return this.#outcome(this.#handle.writev(request, chunks, false), chunks);
  }

  /** Whoever has wrapped `write` since wants to see it, and what the stream holds goes first. */
  get #isFree(): boolean {
    const socket = this.#socket;
    return (
      socket._handle === this.#handle &&
      socket.write === this.#write &&
      socket.writableLength === 0 &&
      socket.writableCorked === 0
    );
  }

  #request(): WriteRequest | null {
    if (this.#requestClass === null) return null;
    const request = new this.#requestClass();
    request.handle = this.#handle;
    request.oncomplete = this.#complete;
    return request;
  }

  /** What the system does not take now, libuv keeps, and writes before anything that comes behind it. */
  #outcome(result: number | WriteRequest, chunks: unknown): number {
    if (typeof result !== "number") return this.#pending(result, chunks);
    if (result !== 0) return Written.REFUSED;
    const isAll = this.#requestClass === null || this.#handle.writeQueueSize === 0;
    return isAll ? Written.DONE : Written.PENDING;
  }

  /** The handle has made a request, because the system has not taken all; or it has failed, and keeps nothing. */
  #pending(request: WriteRequest, chunks: unknown): number {
    request.handle = this.#handle;
    request.buffer = chunks;
    request.oncomplete = this.#complete;
    if (this.#handle.writeQueueSize === 0) queueMicrotask(() => this.#complete(request.writeStatus ?? EPIPE));
    return Written.PENDING;
  }
}

/** A writer for a socket, where it can have one: not over TLS, whose handle takes what it cannot write yet. */
export function createRawWriter(socket: HttpSocket, complete: (status: number) => void): RawWriter | null {
  const { _handle: handle } = socket;
  const requestClass = findWriteRequest();
  if (requestClass === undefined || "encrypted" in socket || !isStreamHandle(handle)) return null;
  return new RawWriter(socket, handle, requestClass, complete);
}

function isStreamHandle(handle: unknown): handle is StreamHandle {
  return (
    typeof handle === "object" &&
    handle !== null &&
    "writeLatin1String" in handle &&
    "writev" in handle &&
    "writeQueueSize" in handle &&
    typeof handle.writeQueueSize === "number" &&
    "bytesRead" in handle &&
    typeof handle.bytesRead === "number"
  );
}

type RequestClass = (new () => WriteRequest) | null;

let writeRequest: { readonly found: RequestClass | undefined } | undefined;

/**
 * The class of the objects that Node gives to a handle with what it writes, `null` where it gives none (from 24.22 and 26.12
 * on), `undefined` where it does something else: seen on a handle that is none.
 */
function findWriteRequest(): RequestClass | undefined {
  if (writeRequest !== undefined) return writeRequest.found;
  let found: RequestClass | undefined;
  const handle = {
    reading: false,
    readStart: () => 0,
    close: () => {},
    getAsyncId: () => 0,
    writeLatin1String(request: object | null): number {
      if (request === null) found = null;
      else if (isWriteRequestClass(request.constructor)) found = request.constructor;
      return 0;
    },
  };
  try {
    const socket: Socket = Reflect.construct(Socket, [{ handle, manualStart: true }]);
    socket.on("error", () => {});
    socket.write("", "latin1");
    socket.write("x", "latin1");
    socket.destroy();
  } catch {
    found = undefined;
  }
  writeRequest = { found };
  return found;
}

function isWriteRequestClass(value: unknown): value is new () => WriteRequest {
  return typeof value === "function" && value.name === "WriteWrap";
}
