/** Helpers of the tests: a server with WebSockets, clients of ws, and raw clients that send bytes. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Packetron, ServerOptions } from "@packetron/core";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { startServer as start } from "../../core/test/_server.ts";
import { webSocket } from "../src/index.ts";

/** Starts a server with the capability; `setUp` registers its routes. */
export function startServer(
  setUp: (server: Packetron) => void,
  options: ServerOptions = {},
): ReturnType<typeof start> {
  const capabilities = [webSocket(), ...(options.capabilities ?? [])];
  return start(setUp, { drainTimeout: 2_000, ...options, capabilities });
}

/** A client of ws, with what it has received. */
export class Client {
  readonly ws: WebSocket;
  readonly received: (string | Buffer)[] = [];
  readonly closed: Promise<readonly [code: number, reason: string]>;
  #changed: () => void = () => {};

  constructor(server: Packetron, path: string, protocols: string[] = [], options: object = {}) {
    this.ws = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, protocols, options);
    this.ws.on("error", () => {});
    this.ws.on("message", (data: Buffer, isBinary: boolean) => {
      this.received.push(isBinary ? data : data.toString());
      this.#changed();
    });
    this.closed = once(this.ws, "close").then(([code, reason]) => [code, String(reason)] as const);
    onTestFinished(() => this.ws.terminate());
  }

  static async open(...parameters: ConstructorParameters<typeof Client>): Promise<Client> {
    const client = new Client(...parameters);
    await once(client.ws, "open");
    return client;
  }

  /** Resolves with the messages when there are so many. */
  async messages(count: number): Promise<(string | Buffer)[]> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    return this.received;
  }
}

/** The status of the answer to a handshake, with its fields and body. */
export async function handshake(
  server: Packetron,
  path: string,
  fields: Readonly<Record<string, string | undefined>> = {},
): Promise<{
  readonly status: number;
  readonly head: string;
  readonly body: string;
  readonly socket: Socket;
}> {
  const socket = connect(server.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const all: Readonly<Record<string, string | undefined>> = {
    Host: `127.0.0.1:${server.port}`,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  let text = "";
  for (;;) {
    const [chunk] = await once(socket, "data");
    text += String(chunk);
    const end = text.indexOf("\r\n\r\n");
    if (end === -1) continue;
    const head = text.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const body = text.slice(end + 4);
    if (body.length >= length) return { status: Number(head.slice(9, 12)), head, body, socket };
  }
}
