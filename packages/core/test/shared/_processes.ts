/** Processes of one program, for tests in one process: they share a memory and a channel. */
import type { Channel } from "../../src/capability/contract.ts";
import type { SharedServices } from "../../src/capability/shared-services.ts";
import { CallServer } from "../../src/shared/call-server.ts";
import { CallServices } from "../../src/shared/call-services.ts";
import type { CallLink } from "../../src/shared/calls.ts";
import { type BusMessage, ChannelBus } from "../../src/shared/channel-bus.ts";
import { RemoteCaller } from "../../src/shared/remote-caller.ts";
import { LocalCaller, SharedMemory } from "../../src/shared/shared-memory.ts";

type Hear = (message: BusMessage, from: number) => void;

/** A program whose processes are made one after another. */
export class TestProgram {
  readonly memory: SharedMemory = new SharedMemory(64 * 1024 * 1024);
  readonly server: CallServer = new CallServer(this.memory);
  readonly #listeners = new Set<Hear>();
  #processes = 0;

  /** The services of one more process that has the memory itself. */
  local(): SharedServices {
    return new CallServices(new LocalCaller(this.memory), this.#bus());
  }

  /** The services of one more worker. */
  worker(): SharedServices {
    return new CallServices(new RemoteCaller(this.link()), this.#bus());
  }

  /** The way of one more worker to the primary. Answers arrive in the next turn of the event loop. */
  link(): CallLink {
    const worker = {};
    let hear: (payload: string) => void = () => undefined;
    return {
      isConnected: true,
      send: (payload) => {
        // In one turn, so that a busy machine does not make calls miss their deadlines.
        setImmediate(() => hear(this.server.answer(worker, payload)));
        return true;
      },
      receive: (listener) => {
        hear = listener;
      },
    };
  }

  #bus(): ChannelBus {
    const id = ++this.#processes;
    const channel: Channel<BusMessage> = {
      sendToPrimary: () => undefined,
      sendToWorkers: (message) => {
        setImmediate(() => {
          for (const listener of this.#listeners) listener(message, id);
        });
      },
      receive: (_end, listener) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
    };
    return new ChannelBus(channel, id);
  }
}
