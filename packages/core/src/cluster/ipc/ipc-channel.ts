/** One end of the line between the primary and a worker: sends in envelopes, keeps ours from the application's handlers. */
import type { SendHandle } from "node:child_process";
import type { EventEmitter } from "node:events";
import { coreError } from "../../errors/errors.ts";
import type { RawConnection } from "../../node/raw-connection.ts";
import type { PortSocket } from "../../node/reuse-port.ts";
import { open, type ParcelMessage, type PrimaryMessage, seal, type WorkerMessage } from "./messages.ts";

/** Bytes of parcels that may wait for a process that does not read; more are refused. */
export const MOST_WAITING: number = 16 * 1024 * 1024;

/** What has an IPC channel: `process` in a worker, the `ChildProcess` in the primary. */
export interface IpcEnd extends EventEmitter {
  readonly connected: boolean;
  send?(
    message: object,
    handle: SendHandle | RawConnection | PortSocket | undefined,
    options: { readonly keepOpen: boolean },
    sent: (error: Error | null) => void,
  ): boolean;
}

/** Sends and receives. Sending on a closed line does nothing: the death of the other end is told by an event. */
export class PostLine {
  readonly #end: IpcEnd;
  #waiting = 0;

  constructor(end: IpcEnd, receive: (message: unknown, handle: unknown) => void) {
    this.#end = end;
    interceptMessages(end, receive);
  }

  /**
   * Sends a message of the supervision. With a socket, the socket goes along and stays open here.
   *
   * @param sent Called when the system took the message over, or the line is closed.
   */
  post(
    message: PrimaryMessage | WorkerMessage,
    socket?: RawConnection | PortSocket,
    sent: () => void = ignore,
  ): void {
    if (!this.#end.connected) sent();
    else this.#end.send?.(seal(message), socket, { keepOpen: true }, sent);
  }

  /**
   * Sends a parcel, unless too many bytes wait already.
   *
   * @throws PKT_CLUSTER_MESSAGE when the other end has stopped reading.
   */
  offer(parcel: ParcelMessage): void {
    const size = parcel.payload.length;
    if (this.#waiting + size > MOST_WAITING) {
      const reason = `${this.#waiting} bytes wait already for a process that does not read`;
      throw coreError("PKT_CLUSTER_MESSAGE", { channel: parcel.channel, reason });
    }
    this.#waiting += size;
    this.post(parcel, undefined, () => {
      this.#waiting -= size;
    });
  }
}

/**
 * Takes our messages out before any "message" listener sees them, the application's and those of `node:cluster`
 * alike: a program that speaks over IPC itself need not know ours.
 */
function interceptMessages(
  emitter: EventEmitter,
  receive: (message: unknown, handle: unknown) => void,
): void {
  const { emit } = emitter;
  const emitOthers = (event: string | symbol, ...values: unknown[]): boolean => {
    const message = event === "message" ? open(values[0]) : undefined;
    if (message === undefined) return Reflect.apply(emit, emitter, [event, ...values]);
    receive(message, values[1]);
    return true;
  };
  Object.defineProperty(emitter, "emit", { value: emitOthers, configurable: true, writable: true });
}

function ignore(): void {}
