/** A proxy before Redis that delays answers, holds them back, or closes connections. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";

/** What a {@link Proxy} does with the answers of Redis. */
export interface ProxyMode {
  /** Milliseconds before an answer is passed on. */
  delay: number;
  /** Whether answers are dropped, as by a network that has lost its way back. */
  isMute: boolean;
  /** Whether new connections are closed at once. */
  isClosed: boolean;
}

/** A listening proxy. */
export interface Proxy {
  readonly socket: string;
  readonly mode: ProxyMode;
  /** How many connections were made. */
  readonly connections: () => number;
  /** Closes the connections that are open. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a proxy beside the socket of Redis. */
export async function startProxy(target: string, name = "proxy.sock"): Promise<Proxy> {
  const mode: ProxyMode = { delay: 0, isMute: false, isClosed: false };
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    connections++;
    if (mode.isClosed) return void client.destroy();
    const store = connect(target);
    for (const [one, other] of [
      [client, store],
      [store, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    client.on("data", (bytes) => store.write(bytes));
    store.on("data", (bytes) => {
      if (mode.isMute) return;
      if (mode.delay === 0) client.write(bytes);
      else setTimeout(() => client.write(bytes), mode.delay);
    });
  });
  const socket = join(target, "..", name);
  server.listen(socket);
  await once(server, "listening");
  const cut = (): void => {
    for (const each of sockets) each.destroy();
  };
  return {
    socket,
    mode,
    connections: () => connections,
    cut,
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
