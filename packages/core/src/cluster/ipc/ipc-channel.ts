/**
 * One end of the IPC channel between the primary and a worker. The program may send messages of its own over the same
 * channel.
 */
import type { SendHandle } from "node:child_process";
import type { EventEmitter } from "node:events";
import { coreError } from "../../errors/errors.ts";
import type { RawConnection } from "../../node/raw-connection.ts";
import type { PortSocket } from "../../node/reuse-port.ts";
import { type ChannelMessage, type PrimaryMessage, unwrap, type WorkerMessage, wrap } from "./messages.ts";

/** How many bytes of channel messages may be queued for a process that does not read. Sending more throws an error. */
export const MAX_QUEUED_BYTES: number = 16 * 1024 * 1024;

/** A message whose payload may be large. */
export type PayloadMessage = ChannelMessage | PrimaryMessage<"shared-answer"> | WorkerMessage<"shared-call">;

/** Node's object with the IPC channel: `process` in a worker, a `ChildProcess` in the primary. */
export interface IpcEnd extends EventEmitter {
  readonly connected: boolean;
  send?(
    message: object,
    handle: SendHandle | RawConnection | PortSocket | undefined,
    options: { readonly keepOpen: boolean },
    sent: (error: Error | null) => void,
  ): boolean;
}

/**
 * Sends and receives Packetron's messages in envelopes, which tell them apart from the program's messages. Sending on a
 * closed channel does nothing, because another event reports the exit of the other process.
 */
export class IpcChannel {
  readonly #end: IpcEnd;
  #queuedBytes = 0;

  constructor(end: IpcEnd, receive: (message: unknown, handle: unknown) => void) {
    this.#end = end;
    interceptMessages(end, receive);
  }

  /**
   * Sends a message. A handle that is sent along stays open in this process.
   *
   * @param sent Called when the system has taken the message, or when the channel is closed.
   */
  send(
    message: PrimaryMessage | WorkerMessage,
    handle?: RawConnection | PortSocket,
    sent: () => void = ignore,
  ): void {
    if (!this.#end.connected) sent();
    else this.#end.send?.(wrap(message), handle, { keepOpen: true }, sent);
  }

  /**
   * Sends a channel message, unless too many bytes are queued.
   *
   * @throws PKT_CLUSTER_MESSAGE when the other process has stopped reading.
   */
  sendBounded(message: ChannelMessage): void {
    if (this.sendIfRoom(message)) return;
    const reason = `${this.#queuedBytes} bytes are queued for a process that does not read its messages`;
    throw coreError("PKT_CLUSTER_MESSAGE", { channel: message.channel, reason });
  }

  /** Sends a message with a payload, unless too many bytes are queued. Returns whether it was sent. */
  sendIfRoom(message: PayloadMessage): boolean {
    const size = message.payload.length;
    if (this.#queuedBytes + size > MAX_QUEUED_BYTES) return false;
    this.#queuedBytes += size;
    this.send(message, undefined, () => {
      this.#queuedBytes -= size;
    });
    return true;
  }
}

/**
 * Removes Packetron's messages from the channel before any "message" listener runs. So neither the listeners of the
 * application, which may use IPC itself, nor those listeners that `node:cluster` adds ever see the messages.
 */
function interceptMessages(
  emitter: EventEmitter,
  receive: (message: unknown, handle: unknown) => void,
): void {
  const { emit } = emitter;
  const emitOthers = (event: string | symbol, ...values: unknown[]): boolean => {
    const message = event === "message" ? unwrap(values[0]) : undefined;
    if (message === undefined) return Reflect.apply(emit, emitter, [event, ...values]);
    receive(message, values[1]);
    return true;
  };
  Object.defineProperty(emitter, "emit", { value: emitOthers, configurable: true, writable: true });
}

function ignore(): void {}
