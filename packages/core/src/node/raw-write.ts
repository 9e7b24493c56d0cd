/**
 * Writes to the handle of a socket, without the socket's stream. The system nearly always takes an answer of a few hundred
 * bytes at once. Then the bookkeeping of the stream, and the tick after it, would cost a tenth of the CPU time of a small
 * answer.
 */
import { Socket } from "node:net";
import { constants } from "node:os";
import type { HttpSocket, StreamHandle, WriteRequest } from "./internals.ts";

/**
 * The result of a write. `REFUSED`: nothing was written, and the caller must use the stream. `PENDING`: libuv still has to
 * write a part. `DONE`: the system has taken everything.
 */
export const Written: { readonly REFUSED: 0; readonly PENDING: 1; readonly DONE: 2 } = Object.freeze({
  REFUSED: 0,
  PENDING: 1,
  DONE: 2,
});

/** The status that a failed write gets if Node does not report why the write failed. */
const EPIPE = -constants.errno.EPIPE;

/** Gets the results of writes that the system has not taken at once. */
export interface RawWriteOwner {
  /** Called when a PENDING write is complete, with its status: 0, or a negative error number of the system. */
  complete(status: number): void;
}

/**
 * A write request that is free. After a write that is DONE, the request holds nothing of the connection, and the next
 * write of any connection can use it: a new C++ object for each write costs 5 % of a small GET.
 */
let spare: WriteRequest | null = null;

/** Writes to the handle of one socket. */
export class RawWriter {
  readonly #socket: HttpSocket;
  readonly #handle: StreamHandle;
  readonly #requestClass: (new () => WriteRequest) | null;
  readonly #owner: RawWriteOwner;
  /** The `write` method of the socket while no tool has wrapped it. */
  #write: unknown;
  /** The bytes that had been received at the last call of `isSameRead()`. */
  #bytesRead = -1;

  /**
   * @param requestClass The class of the object that the handle gets with a write; `null` if the handle makes the
   *   object.
   */
  constructor(
    socket: HttpSocket,
    handle: StreamHandle,
    requestClass: (new () => WriteRequest) | null,
    owner: RawWriteOwner,
  ) {
    this.#socket = socket;
    this.#write = socket.write;
    this.#handle = handle;
    this.#requestClass = requestClass;
    this.#owner = owner;
  }

  /** Takes a `write` method that the caller has set on the socket for one that no tool has wrapped. */
  expect(write: unknown): void {
    this.#write = write;
  }

  /**
   * Whether no bytes have arrived on the socket since the last call. If so, the current request and the request at the
   * last call arrived with the same read.
   */
  isSameRead(): boolean {
    const { bytesRead } = this.#handle;
    if (bytesRead === this.#bytesRead) return true;
    this.#bytesRead = bytesRead;
    return false;
  }

  /** Writes text whose characters are bytes (Latin-1). */
  write(text: string): number {
    if (!this.#isFree) return Written.REFUSED;
    const request = this.#takeRequest();
    return this.#outcome(request, this.#handle.writeLatin1String(request, text), null);
  }

  /** Writes Latin-1 text and then bytes. The bytes must not change until the write is complete. */
  writeBytes(text: string, bytes: Uint8Array): number {
    if (!this.#isFree) return Written.REFUSED;
    const request = this.#takeRequest();
    const chunks = [text, "latin1", bytes, "buffer"];
    return this.#outcome(request, this.#handle.writev(request, chunks, false), chunks);
  }

  /**
   * Whether the handle may be written to. It may not if a tool has wrapped the socket's `write`, because the tool must
   * see the data, or if the stream holds earlier data.
   */
  get #isFree(): boolean {
    const socket = this.#socket;
    return (
      socket._handle === this.#handle &&
      socket.write === this.#write &&
      socket.writableLength === 0 &&
      socket.writableCorked === 0
    );
  }

  #takeRequest(): WriteRequest | null {
    if (this.#requestClass === null) return null;
    const request = spare ?? new this.#requestClass();
    spare = null;
    return request;
  }

  /** The result of a write. libuv keeps what the system does not take at once, and writes it before any later data. */
  #outcome(request: WriteRequest | null, result: number | WriteRequest, chunks: unknown): number {
    if (typeof result !== "number") return this.#awaitMade(result, chunks);
    if (result !== 0) return Written.REFUSED;
    if (request === null || this.#handle.writeQueueSize === 0) {
      spare = request;
      return Written.DONE;
    }
    this.#await(request, chunks);
    return Written.PENDING;
  }

  /**
   * Awaits a write for which the handle has made the request: the system has not taken everything, or the write has
   * failed.
   */
  #awaitMade(request: WriteRequest, chunks: unknown): number {
    this.#await(request, chunks);
    if (this.#handle.writeQueueSize === 0)
      queueMicrotask(() => this.#owner.complete(request.writeStatus ?? EPIPE));
    return Written.PENDING;
  }

  /** Awaits the end of a write, which libuv reports in a later turn of the event loop. */
  #await(request: WriteRequest, chunks: unknown): void {
    request.handle = this.#handle;
    request.buffer = chunks;
    request.oncomplete = (status) => this.#owner.complete(status);
  }
}

/**
 * Makes a writer for a socket; `null` for a socket whose handle does not allow such writes. One example is a TLS
 * socket, whose handle accepts data before it can write the data.
 */
export function createRawWriter(socket: HttpSocket, owner: RawWriteOwner): RawWriter | null {
  const { _handle: handle } = socket;
  const requestClass = findWriteRequest();
  if (requestClass === undefined || "encrypted" in socket || !isStreamHandle(handle)) return null;
  return new RawWriter(socket, handle, requestClass, owner);
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
 * Finds the class of the objects that Node passes to a handle with each write, by means of a socket with a fake handle.
 * Returns `null` if Node passes `null` (since 24.22 and 26.12), and `undefined` if Node passes anything else.
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
