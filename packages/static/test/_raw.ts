/** Raw HTTP requests and answers. */
import { connect, type Socket } from "node:net";

/** An answer whose body was read by its Content-Length. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The body as UTF-8. */
  readonly text: string;
  /** All received bytes, for tests that search for bytes that must not be sent. */
  readonly raw: Buffer;
}

/** Time limit of every wait, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** Sends bytes on a new connection, and reads until the answer is complete or the server closes. */
export async function exchange(port: number, bytes: Uint8Array, method = "GET"): Promise<RawAnswer> {
  return parseAnswer(await readAll(port, bytes, (raw) => isComplete(raw, method)), method);
}

/** Sends bytes on a new connection, and reads until the server closes or `isEnough` returns true. */
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
          `the answer did not end in ${TIMEOUT_MS} ms; got ${Buffer.concat(chunks).toString("latin1", 0, 300)}`,
        ),
      );
    }, TIMEOUT_MS);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (isEnough(Buffer.concat(chunks))) socket.destroy();
    });
    socket.on("error", () => {}); // after a reset, the answer is incomplete, which the caller notices
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    });
    socket.write(bytes);
  });
}

function isComplete(raw: Buffer, method: string): boolean {
  const end = raw.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const head = raw.toString("latin1", 0, end);
  const isBodiless = method === "HEAD" || / (?:204|304) /.test(head.slice(0, 15));
  return isBodiless || raw.length - end - 4 >= Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Infinity);
}

/** Parses one answer strictly: its body must have exactly the announced length. */
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
