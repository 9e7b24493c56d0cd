/** Requests and answers as they stand on the wire. */
import { connect, type Socket } from "node:net";

/** An answer, its body taken off the wire by its length. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The body as UTF-8. */
  readonly text: string;
  /** Everything that came, for tests that look for what must not be there. */
  readonly raw: Buffer;
}

/** Bound of every wait, in milliseconds. */
const PATIENCE = 10_000;

/** Sends bytes on a new connection and reads until the answer is whole, or the server closes. */
export async function exchange(port: number, bytes: Uint8Array, method = "GET"): Promise<RawAnswer> {
  return parseAnswer(await readAll(port, bytes, (raw) => isWhole(raw, method)), method);
}

/** Everything that a server sends until it closes, or until it is enough. */
export function readAll(
  port: number,
  bytes: Uint8Array,
  isEnough: (raw: Buffer) => boolean = () => false,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ host: "127.0.0.1", port });
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => {
      socket.destroy();
      reject(
        new Error(
          `no end of the answer in ${PATIENCE} ms; got ${Buffer.concat(chunks).toString("latin1", 0, 300)}`,
        ),
      );
    }, PATIENCE);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (isEnough(Buffer.concat(chunks))) socket.destroy();
    });
    socket.on("error", () => {}); // a reset shows as an answer that ends early
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    });
    socket.write(bytes);
  });
}

function isWhole(raw: Buffer, method: string): boolean {
  const end = raw.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const head = raw.toString("latin1", 0, end);
  const isBodiless = method === "HEAD" || / (?:204|304) /.test(head.slice(0, 15));
  return isBodiless || raw.length - end - 4 >= Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Infinity);
}

/** Reads one answer, strictly: its body has exactly the announced length. */
export function parseAnswer(raw: Buffer, method = "GET"): RawAnswer {
  const end = raw.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = raw.toString("latin1", 0, Math.max(end, 0)).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  if (end === -1 || Number.isNaN(status))
    throw new Error(`no answer: ${JSON.stringify(raw.toString("latin1", 0, 200))}`);
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const [, name = "", value = ""] = /^([^:\s]+): (.*)$/.exec(line) ?? [];
    if (name === "" || name.toLowerCase() in headers)
      throw new Error(`a malformed or repeated field: ${line}`);
    headers[name.toLowerCase()] = value;
  }
  const body = raw.subarray(end + 4);
  const expected =
    method === "HEAD" || status === 304 || status === 204 ? 0 : Number(headers["content-length"]);
  if (body.length !== expected) throw new Error(`${body.length} bytes of body, ${expected} announced`);
  return { status, headers, body, text: body.toString(), raw };
}
