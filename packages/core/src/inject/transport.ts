/**
 * The connections of injected requests: a Unix socket in the user's private directory, Node's HTTP client on one side and
 * the server's own listener on the other. So the bytes, the parser and both ways of dispatch are those of any connection.
 */
import type { Agent as HttpAgent } from "node:http";
import { connect, type Socket } from "node:net";
import { listen } from "../cluster/ports/bind.ts";
import type { HttpListener } from "../cluster/process/lifecycle.ts";
import type { ServerSettings } from "../config/options.ts";
import { openDirectory, registrationPaths } from "../control/registration-files.ts";
import { coreError } from "../errors/errors.ts";
import { errorReason } from "../errors/narrow.ts";
import { http } from "../node/http.ts";
import { withTimeLimit } from "../node/time-limit.ts";

/** An open socket with its listener and client. Only a connection that carries a request keeps the process alive. */
export class Transport {
  /** The client. It reuses connections, because only connections with keep-alive are dispatched directly. */
  readonly agent: HttpAgent;
  readonly #listener: HttpListener;
  readonly #path: string;
  #lastConnected: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /**
   * Opens the socket.
   *
   * @throws PKT_SERVER_LISTEN when the socket cannot be opened, because the directory cannot be trusted, for example.
   */
  static async open(listener: HttpListener, settings: ServerSettings): Promise<Transport> {
    const path = socketPath();
    listener.server.prependListener("connection", (socket: Socket) => {
      socket.unref(); // the client's side keeps the process alive while a request runs
      disguise(socket, settings.tls !== undefined);
    });
    await listen(listener.server, { ...settings, socket: { path, mode: undefined } });
    listener.server.unref();
    return new Transport(listener, path);
  }

  private constructor(listener: HttpListener, path: string) {
    this.#listener = listener;
    this.#path = path;
    this.agent = new http.Agent({ keepAlive: true });
    this.agent.createConnection = (_options, callback) => {
      this.#connect(callback);
      return undefined;
    };
  }

  /** Closes all connections at once, and the socket. */
  close(): void {
    this.#isClosed = true;
    this.agent.destroy();
    this.#listener.destroy();
  }

  /** Lets the requests that run finish, at most for `timeoutMs`, and closes the socket. */
  async drain(timeoutMs: number): Promise<void> {
    await withTimeLimit(this.#listener.drain(0), timeoutMs, () => undefined);
    this.close();
  }

  /** Opens one connection after another: the system refuses connections when many wait to be accepted. */
  #connect(callback: ((error: Error | null, socket: Socket) => void) | undefined): void {
    this.#lastConnected = this.#lastConnected.then(
      () =>
        new Promise<void>((resolve) => {
          const socket = connect(this.#path);
          const settle = (error: Error | null): void => {
            socket.off("error", settle).off("connect", connected);
            if (this.#isClosed) socket.destroy();
            callback?.(error, socket);
            resolve();
          };
          const connected = (): void => settle(null);
          socket.once("error", settle).once("connect", connected);
        }),
    );
  }
}

function socketPath(): string {
  try {
    return registrationPaths(openDirectory()).socket;
  } catch (error) {
    throw coreError("PKT_SERVER_LISTEN", { place: "a private socket", reason: errorReason(error) }, error);
  }
}

/** Makes a connection on a Unix socket look as if it came from 127.0.0.1, over TLS if the server has TLS. */
function disguise(socket: Socket, isEncrypted: boolean): void {
  Object.defineProperties(socket, {
    remoteAddress: { value: "127.0.0.1" },
    remoteFamily: { value: "IPv4" },
    ...(isEncrypted && { encrypted: { value: true } }),
  });
}
