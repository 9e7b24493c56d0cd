/**
 * A port from which the primary accepts connections. The primary hands each connection to a worker, and never reads
 * from it.
 */
import { type AddressInfo, createServer, type Server } from "node:net";
import type { ServerSettings } from "../../config/options.ts";
import { createLogLimiter, type Logger } from "../../log/logger.ts";
import {
  closeCopy,
  peerAddress,
  type RawConnection,
  SOCKET_OPTIONS,
  takeConnections,
} from "../../node/raw-connection.ts";
import { acceptBacklog, logAcceptErrors } from "./accept.ts";
import { Balancer, type BalancerRule, type ConnectionOwner } from "./balancer.ts";
import { listen } from "./bind.ts";
import type { PortWorker, ServerPort } from "./port.ts";
import { clientOf } from "./worker-choice.ts";

/** The port of a server whose connections the primary distributes. */
export class BalancedPort implements ServerPort, ConnectionOwner<RawConnection> {
  readonly address: AddressInfo;
  unserved = 0;
  readonly #server: Server;
  readonly #log: Logger;
  readonly #limited = createLogLimiter();
  readonly #balancer: Balancer<RawConnection>;
  #accepted = 0;

  /**
   * Binds the port. Connections that arrive before the first worker is added wait.
   *
   * @throws PKT_SERVER_PORT_IN_USE, PKT_SERVER_LISTEN
   */
  static async open(settings: ServerSettings, rule: BalancerRule, log: Logger): Promise<BalancedPort> {
    const server = createServer({ pauseOnConnect: true, ...SOCKET_OPTIONS });
    const address = await listen(server, settings);
    return new BalancedPort(server, address, rule, settings.readyTimeout, log);
  }

  private constructor(
    server: Server,
    address: AddressInfo,
    rule: BalancerRule,
    timeoutMs: number,
    log: Logger,
  ) {
    this.#server = server;
    this.address = address;
    this.#log = log;
    this.#balancer = new Balancer(this, rule, timeoutMs);
    takeConnections(server, (connection) => {
      this.#accepted += 1;
      this.#balancer.assign(connection);
    });
    // The error may be EMFILE (no free file descriptor): later connections may succeed. Errors of binding were handled
    // by listen().
    server.on("error", logAcceptErrors(log));
  }

  get listening(): boolean {
    return this.#server.listening;
  }

  get waiting(): number {
    return this.#balancer.waiting;
  }

  socketFor(): undefined {}

  add(worker: PortWorker): void {
    this.#balancer.add(worker);
  }

  retire(worker: PortWorker): void {
    this.#balancer.retire(worker);
  }

  remove(worker: PortWorker): void {
    this.#balancer.remove(worker);
  }

  acknowledge(worker: PortWorker, connection: number, closed: number): void {
    this.#balancer.acknowledge(worker, connection, closed);
  }

  probed(worker: PortWorker, connection: number): void {
    this.#balancer.probed(worker, connection);
  }

  reportClosed(worker: PortWorker, closed: number): void {
    this.#balancer.reportClosed(worker, closed);
  }

  async close(): Promise<void> {
    await acceptBacklog(() => this.#accepted);
    if (this.#server.listening) this.#server.close();
    this.#balancer.close();
  }

  clientOf(connection: RawConnection): string {
    return clientOf(peerAddress(connection));
  }

  release(connection: RawConnection): void {
    // The worker has its own descriptor of the connection, which stays open.
    closeCopy(connection);
  }

  discard(connection: RawConnection): void {
    closeCopy(connection);
    this.unserved += 1;
    this.#limited("discard", (leftOut) =>
      this.#log.warn({ leftOut }, "a connection was closed, because no worker could take it"),
    );
  }
}
