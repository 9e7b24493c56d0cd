/**
 * A port with one socket for each worker ("reuse-port"): workers accept for themselves, and no connection passes the
 * primary.
 *
 * The primary keeps every socket open and accepts from none. So the connections in the backlog of a worker that exits
 * survive: another worker adopts the socket until the restarted one is ready. A worker that is replaced leaves its socket
 * to its replacement, and no connection notices.
 */
import { type AddressInfo, createServer } from "node:net";
import type { ServerSettings } from "../../config/options.ts";
import { coreError } from "../../errors/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { bindShared, type PortSocket } from "../../node/reuse-port.ts";
import { listen } from "./bind.ts";
import type { PortWorker, ServerPort } from "./port.ts";

/** One socket of the port. */
interface Share {
  /** The slot that the socket was made for. */
  readonly slot: number;
  readonly socket: PortSocket;
  /** The worker that accepts from it. */
  owner: PortWorker | undefined;
}

/** The port of a server with "reuse-port". */
export class SharedPort implements ServerPort {
  readonly address: AddressInfo;
  readonly #log: Logger;
  readonly #shares = new Map<number, Share>();
  /** Workers that are ready and not retired, in order of addition. */
  readonly #workers = new Set<PortWorker>();
  #open = true;

  /**
   * Binds the port: first as its only owner, which fails while another program has it; then, in the same turn of the
   * event loop, for sharing.
   *
   * @throws PKT_SERVER_PORT_IN_USE, PKT_SERVER_LISTEN
   */
  static async open(settings: ServerSettings, log: Logger): Promise<SharedPort> {
    const server = createServer();
    const address = await listen(server, settings);
    server.close();
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
      this.#shares.set(slot, { slot, socket, owner: undefined });
    } else {
      // For example no descriptor is free. The system uses the other sockets, and the next worker of the slot may get one.
      this.#log.error(
        { worker: slot },
        `worker ${slot} has no socket of the port: the others get its connections`,
      );
    }
    return socket;
  }

  add(worker: PortWorker): void {
    this.#workers.add(worker);
    // Its own socket, unless the invitation had it, and sockets that no worker was there to adopt.
    this.socketFor(worker.slot);
    for (const share of this.#shares.values()) {
      if (share.slot === worker.slot) takeOver(share, worker);
      else if (share.owner === undefined) adopt(share, worker);
    }
  }

  retire(worker: PortWorker): void {
    this.#workers.delete(worker);
    const left = [...this.#shares.values()].filter((share) => share.owner === worker);
    for (const share of left) {
      share.owner = undefined;
      const heir = this.#ownerOfFewest();
      if (heir !== undefined && this.#open) adopt(share, heir);
    }
  }

  remove(worker: PortWorker): void {
    this.retire(worker);
  }

  acknowledge(): void {}

  probed(): void {}

  reportClosed(): void {}

  /** The workers hold the sockets, too, and accept their backlogs before they close theirs. */
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

/** Makes the worker accept from its own socket; a worker that had adopted the socket stops. */
function takeOver(share: Share, worker: PortWorker): void {
  const { owner } = share;
  adopt(share, worker);
  if (owner !== undefined && owner.slot !== share.slot) owner.stopListening(share.slot);
}

function adopt(share: Share, worker: PortWorker): void {
  share.owner = worker;
  worker.adopt(share.slot, share.socket);
}
