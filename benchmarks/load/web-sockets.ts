/** WebSockets on raw connections: they cost less than a library, so that the server is the bottleneck. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { LoadError } from "./load.ts";
import { openInBatches } from "./open-batches.ts";
import { OpenLoop } from "./open-loop.ts";

/** The payload of a message; as a frame of the server it has two more bytes. */
const TEXT = "hello, sockets! ";
const RECEIVED = TEXT.length + 2;

/** A frame of a client: with a mask, here of zeros. */
const FRAME: Buffer = Buffer.concat([Buffer.of(0x81, 0x80 | TEXT.length, 0, 0, 0, 0), Buffer.from(TEXT)]);

/** How long a message may take, and an open loop for its last messages, in milliseconds. */
const GRACE = 2_000;

/** Opens WebSockets. @throws LoadError when the server refuses one. */
export function openWebSockets(port: number, path: string, count: number): Promise<Socket[]> {
  return openInBatches(count, () => openWebSocket(port, path));
}

async function openWebSocket(port: number, path: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true).on("error", () => {});
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  const [answer]: unknown[] = await once(socket, "data");
  const head = String(answer);
  if (!head.startsWith("HTTP/1.1 101")) throw new LoadError(`not a WebSocket: ${head.slice(0, 60)}`);
  return socket;
}

/** Sends one message, and checks that it is sent to this socket. @throws LoadError */
export async function proveMessage(socket: Socket): Promise<void> {
  socket.write(FRAME);
  const [frame]: unknown[] = await once(socket, "data", { signal: AbortSignal.timeout(GRACE) });
  if (!String(frame).endsWith(TEXT)) throw new LoadError(`another message: ${String(frame).slice(0, 60)}`);
}

/** Each socket sends its next message when it has the last one back. Resolves to the number of messages. */
export function echoClosed(sockets: readonly Socket[], seconds: number): Promise<number> {
  let [messages, isOver] = [0, false];
  const onMessage = (socket: Socket): void => {
    messages++;
    if (!isOver) socket.write(FRAME);
  };
  for (const socket of sockets) {
    countMessages(socket, onMessage);
    socket.write(FRAME);
  }
  return after(seconds, () => {
    isOver = true;
    return messages;
  });
}

/** Sends messages at a constant rate. Resolves to the times from the moment at which each message is due until it is back. */
export function echoPaced(
  sockets: readonly Socket[],
  seconds: number,
  rate: number,
): Promise<ArrayLike<number>> {
  const loop = new OpenLoop(rate, seconds, sockets.length, (index) => sockets[index]?.write(FRAME));
  const start = performance.now();
  for (const [index, socket] of sockets.entries())
    countMessages(socket, () => loop.answered(index, performance.now() - start));
  return new Promise((resolve) => {
    const turn = (): void => {
      const now = performance.now() - start;
      loop.advance(now);
      if (!loop.isComplete && now < seconds * 1000 + GRACE) setImmediate(turn);
      else resolve(loop.timesAt(now).latencies);
    };
    turn();
  });
}

/** One socket sends, and sends again when all have the message. Resolves to the number of received messages. */
export function fanOut(sockets: readonly Socket[], seconds: number): Promise<number> {
  const [sender] = sockets;
  let [received, messages, isOver] = [0, 0, false];
  const onMessage = (): void => {
    messages++;
    if (++received < sockets.length) return;
    received = 0;
    if (!isOver) sender?.write(FRAME);
  };
  for (const socket of sockets) countMessages(socket, onMessage);
  sender?.write(FRAME);
  return after(seconds, () => {
    isOver = true;
    return messages;
  });
}

function countMessages(socket: Socket, onMessage: (socket: Socket) => void): void {
  let bytes = 0;
  socket.removeAllListeners("data").on("data", (chunk) => {
    for (bytes += chunk.length; bytes >= RECEIVED; bytes -= RECEIVED) onMessage(socket);
  });
}

function after<Result>(seconds: number, result: () => Result): Promise<Result> {
  return new Promise((resolve) => setTimeout(() => resolve(result()), seconds * 1_000));
}
