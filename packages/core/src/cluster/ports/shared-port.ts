/**
 * A port with one socket for each worker ("reuse-port"). Workers accept for themselves, and no connection passes
 * through the primary.
 *
 * The primary keeps a copy of every socket and accepts from none. So the backlog of a worker that exits survives:
 * another worker adopts the socket until the restarted worker is ready. A worker that is replaced leaves its socket to
 * its replacement, and no client notices.
 */
import { type AddressInfo, createServer } from "node:net";
import type { ServerSettings } from "../../config/options.ts";
import type { Logger } from "../../log/logger.ts";
import { bindShared, type PortSocket } from "../../node/reuse-port.ts";
import { listenOnPort, portInUse } from "./bind.ts";
import type { PortWorker, ServerPort } from "./port.ts";

/** One of the sockets that share a port, and the worker that accepts from it. */
interface Share {
  /** The slot (number of a worker) that the socket was made for. */
  readonly slot: number;
  readonly socket: PortSocket;
  /** The worker that accepts from the socket. */
  owner: PortWorker | undefined;
}

/** The port of a server whose workers accept for themselves. */
export class SharedPort implements ServerPort {
  readonly address: AddressInfo;
  readonly #log: Logger;
  readonly #shares = new Map<number, Share>();
  /** Workers that are ready and not retired, in the order in which they were added. */
  readonly #workers = new Set<PortWorker>();
  #open = true;

  /**
   * Binds the port. First binds an exclusive socket, because that fails while another program has the port. Then closes
   * it and binds a socket that can be shared, in the same turn of the event loop.
   *
   * @throws PKT_SERVER_PORT_IN_USE, PKT_SERVER_LISTEN
   */
  static async open(settings: ServerSettings, log: Logger): Promise<SharedPort> {
    const server = createServer();
    const address = await listenOnPort(server, settings);
    server.close();
    const port = new SharedPort(address, log);
    if (port.socketFor(1) !== undefined) return port;
    throw portInUse({ host: address.address, port: address.port });
  }

  private constructor(address: AddressInfo, log: Logger) {
    this.address = address;
    this.#log = log;
  }

  get listening(): boolean {
    return this.#open;
  }

  /** Always 0: connections wait in the system, which does not say how many there are. */
  readonly waiting = 0;
  readonly unserved = 0;

  socketFor(slot: number): PortSocket | undefined {
    const share = this.#shares.get(slot);
    if (share !== undefined || !this.#open) return share?.socket;
    const socket = bindShared(this.address);
    if (socket !== undefined) {
      this.#shares.set(slot, { slot, socket, owner: undefined });
    } else {
      // The error may be EMFILE (no free file descriptor). The system uses the remaining sockets, and the slot's next
      // worker may get a socket.
      this.#log.error(
        { worker: slot },
        `no socket of the port could be opened for worker ${slot}: the other workers get its connections`,
      );
    }
    return socket;
  }

  add(worker: PortWorker): void {
    this.#workers.add(worker);
    // A candidate was invited without its own socket. A socket without an owner had no other worker to adopt it.
    this.socketFor(worker.slot);
    for (const share of this.#shares.values()) {
      if (share.slot === worker.slot) takeOver(share, worker);
      else if (share.owner === undefined) adopt(share, worker);
    }
  }

  retire(worker: PortWorker): void {
    this.#workers.delete(worker);
    const orphaned = [...this.#shares.values()].filter((share) => share.owner === worker);
    for (const share of orphaned) {
      share.owner = undefined;
      const adopter = this.#ownerOfFewest();
      if (adopter !== undefined && this.#open) adopt(share, adopter);
    }
  }

  remove(worker: PortWorker): void {
    this.retire(worker);
  }

  acknowledge(): void {}

  probed(): void {}

  reportClosed(): void {}

  /**
   * Closes the primary's copies of the sockets. Each worker has its own copy, and accepts the backlog before it closes
   * that copy.
   */
  async close(): Promise<void> {
    this.#open = false;
    for (const { socket } of this.#shares.values()) socket.close();
    this.#shares.clear();
  }

  #ownerOfFewest(): PortWorker | undefined {
    const owned = (worker: PortWorker): number =>
      [...this.#shares.values()].filter((share) => share.owner === worker).length;
    return [...this.#workers].sort((one, other) => owned(one) - owned(other))[0];
  }
}

/** Makes the worker accept from its own socket; a worker that had adopted the socket stops accepting from it. */
function takeOver(share: Share, worker: PortWorker): void {
  const { owner } = share;
  adopt(share, worker);
  if (owner !== undefined && owner.slot !== share.slot) owner.stopListening(share.slot);
}

function adopt(share: Share, worker: PortWorker): void {
  share.owner = worker;
  worker.adopt(share.slot, share.socket);
}
