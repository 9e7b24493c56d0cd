/** Raw clients: they cost less than a library, so that the server is the bottleneck. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** The payload of a message; as a frame of the server it has two more bytes. */
const TEXT = "hello, sockets! ";
const RECEIVED = TEXT.length + 2;

/** A frame of a client: with a mask, here of zeros. */
const FRAME: Buffer = Buffer.concat([Buffer.of(0x81, 0x80 | TEXT.length, 0, 0, 0, 0), Buffer.from(TEXT)]);

/** How many handshakes are under way at once. */
const AT_ONCE = 100;

/** Opens WebSockets. */
export async function openAll(port: number, path: string, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, () => open(port, path));
    sockets.push(...(await Promise.all(batch)));
  }
  return sockets;
}

async function open(port: number, path: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true).on("error", () => {});
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  const [answer] = await once(socket, "data");
  if (!String(answer).startsWith("HTTP/1.1 101"))
    throw new Error(`no WebSocket: ${String(answer).slice(0, 60)}`);
  return socket;
}

/** Each client sends its next message when it has the last one back. Resolves with the number of messages. */
export function echo(sockets: readonly Socket[], seconds: number): Promise<number> {
  let messages = 0;
  let isOver = false;
  for (const socket of sockets) {
    let bytes = 0;
    socket.removeAllListeners("data").on("data", (chunk) => {
      bytes += chunk.length;
      if (bytes < RECEIVED) return;
      bytes -= RECEIVED;
      messages++;
      if (!isOver) socket.write(FRAME);
    });
    socket.write(FRAME);
  }
  return new Promise((resolve) => {
    setTimeout(() => {
      isOver = true;
      resolve(messages);
    }, seconds * 1_000);
  });
}

/** One client sends, and sends again when all clients have the message. Resolves with the number of received messages. */
export function fanOut(sockets: readonly Socket[], seconds: number): Promise<number> {
  const [sender] = sockets;
  let bytes = 0;
  let messages = 0;
  let isOver = false;
  const all = sockets.length * RECEIVED;
  for (const socket of sockets)
    socket.removeAllListeners("data").on("data", (chunk) => {
      bytes += chunk.length;
      if (bytes < all) return;
      bytes -= all;
      messages += sockets.length;
      if (!isOver) sender?.write(FRAME);
    });
  sender?.write(FRAME);
  return new Promise((resolve) => {
    setTimeout(() => {
      isOver = true;
      resolve(messages);
    }, seconds * 1_000);
  });
}
