/**
 * A port with one socket for each worker, which accepts from it for itself: no connection passes the primary.
 *
 * The primary keeps every socket open and accepts from none. So the connections that wait in the socket of a worker
 * that dies are still there; another worker adopts the socket until the replacement is ready. A worker that is replaced by
 * reload leaves its socket to its successor, and no connection notices.
 */
import { type AddressInfo, createServer } from "node:net";
import type { ServerSettings } from "../../config/options.ts";
import { coreError } from "../../errors/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { bindShared, type PortSocket } from "../../node/reuse-port.ts";
import type { Listener, PortWorker } from "./listener.ts";
import { listen } from "./port.ts";

interface Share {
  readonly slot: number;
  readonly socket: PortSocket;
  /** The worker that accepts from it. */
  keeper: PortWorker | undefined;
}

/** The port of a server with "reuse-port". */
export class SharedPort implements Listener {
  readonly address: AddressInfo;
  readonly #log: Logger;
  readonly #shares = new Map<number, Share>();
  /** Those that are ready and not retired, in the order in which they came. */
  readonly #workers = new Set<PortWorker>();
  #open = true;

  /**
   * Takes the port. First as its only owner, which fails while anybody else has it, then, in the same turn of the loop,
   * for sharing.
   *
   * @throws PKT_SERVER_PORT_IN_USE, PKT_SERVER_LISTEN
   */
  static async open(settings: ServerSettings, log: Logger): Promise<SharedPort> {
    const owner = createServer();
    const address = await listen(owner, settings);
    owner.close();
    const port = new SharedPort(address, log);
    if (port.socketFor(1) !== undefined) return port;
    throw coreError("PKT_SERVER_PORT_IN_USE", { host: address.address, port: address.port, tried: "" });
  }

  private constructor(address: AddressInfo, log: Logger) {
    this.address = address;
    this.#log = log;
  }

  get listening(): boolean {
    return this.#open;
  }

  socketFor(slot: number): PortSocket | undefined {
    const share = this.#shares.get(slot);
    if (share !== undefined || !this.#open) return share?.socket;
    const socket = bindShared(this.address);
    if (socket !== undefined) {
      this.#shares.set(slot, { slot, socket, keeper: undefined });
    } else {
      // Out of descriptors, for one. The system spreads over the other sockets, and its successor may have more luck.
      this.#log.error(
        { worker: slot },
        `worker ${slot} has no socket of the port: the others get its connections`,
      );
    }
    return socket;
  }

  add(worker: PortWorker): void {
    this.#workers.add(worker);
    // Its own, unless that came with the invitation; and those that nobody was there to adopt.
    this.socketFor(worker.slot);
    for (const share of this.#shares.values()) {
      if (share.slot === worker.slot) takeOver(share, worker);
      else if (share.keeper === undefined) adopt(share, worker);
    }
  }

  retire(worker: PortWorker): void {
    this.#workers.delete(worker);
    const left = [...this.#shares.values()].filter((share) => share.keeper === worker);
    for (const share of left) {
      share.keeper = undefined;
      const heir = this.#leastBurdened();
      if (heir !== undefined && this.#open) adopt(share, heir);
    }
  }

  remove(worker: PortWorker): void {
    this.retire(worker);
  }

  acknowledge(): void {}

  passed(): void {}

  report(): void {}

  /** The workers hold the sockets, too, and accept what waits in them before they close theirs. */
  async close(): Promise<void> {
    this.#open = false;
    for (const { socket } of this.#shares.values()) socket.close();
    this.#shares.clear();
  }

  #leastBurdened(): PortWorker | undefined {
    const kept = (worker: PortWorker): number =>
      [...this.#shares.values()].filter((share) => share.keeper === worker).length;
    return [...this.#workers].sort((one, other) => kept(one) - kept(other))[0];
  }
}

/** The worker accepts from its own socket from now on; whoever stood in for it need not any more. */
function takeOver(share: Share, worker: PortWorker): void {
  const { keeper } = share;
  adopt(share, worker);
  if (keeper !== undefined && keeper.slot !== share.slot) keeper.disown(share.slot);
}

function adopt(share: Share, worker: PortWorker): void {
  share.keeper = worker;
  worker.adopt(share.slot, share.socket);
}
