/** Raw sockets for tests about bytes: send what no client would send, and read the answers strictly. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** One response as it stood on the wire. */
export interface RawResponse {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** By lower-case name; a repeated field keeps all its values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
}

/** Where to connect, and how. */
export interface RawTarget {
  readonly port: number;
  readonly tls?: boolean;
  /** Keeps this side open when the server closes its own. */
  readonly allowHalfOpen?: boolean;
}

/** Bound of every wait, in milliseconds. */
const PATIENCE = 10_000;

/** One client connection. */
export class RawClient {
  readonly socket: Socket;
  /** Everything received so far. */
  received: Buffer = Buffer.alloc(0);
  /** The server's side is closed: FIN, reset or destroyed. */
  closed = false;
  /** The error that ended the connection, such as ECONNRESET. */
  error: Error | null = null;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#wake();
    });
    socket.on("error", (error) => {
      this.error = error;
    });
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.closed = true;
        this.#wake();
      });
    }
  }

  /** Connects to 127.0.0.1. */
  static async connect({ port, tls = false, allowHalfOpen = false }: RawTarget): Promise<RawClient> {
    const address = { host: "127.0.0.1", port, allowHalfOpen };
    const socket = tls ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address);
    socket.setNoDelay(true);
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? "secureConnect" : "connect", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  /** Sends text (as Latin-1, so one character is one byte) or bytes. */
  send(data: string | Uint8Array): this {
    if (this.socket.writable)
      this.socket.write(typeof data === "string" ? Buffer.from(data, "latin1") : data);
    return this;
  }

  /** Waits until `condition` holds for what was received, or the server has closed. */
  async until(condition: (client: RawClient) => boolean): Promise<this> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new Error(`no answer in ${PATIENCE} ms; got ${this.received.toString("latin1").slice(0, 500)}`),
          ),
        PATIENCE,
      );
    });
    try {
      while (!this.closed && !condition(this)) {
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([woken, timeout]);
      }
    } finally {
      clearTimeout(timer);
    }
    return this;
  }

  /** The responses once there are `count` of them, or once the server has closed. */
  async responses(count: number, methods: readonly string[] = []): Promise<RawResponse[]> {
    await this.until(() => parseResponses(this.received, methods).responses.length >= count);
    return parseResponses(this.received, methods).responses;
  }

  /** Everything that was received when the server has closed; throws when it does not end with a whole response. */
  async untilClose(methods: readonly string[] = []): Promise<RawResponse[]> {
    await this.until(() => false);
    const { responses, rest } = parseResponses(this.received, methods);
    if (rest > 0)
      throw new Error(
        `${rest} bytes are no response: ${this.received.subarray(-rest).toString("latin1").slice(0, 500)}`,
      );
    return responses;
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Sends bytes on a new connection and gives the responses that came until the server closed. */
export async function exchange(
  target: RawTarget,
  data: string | Uint8Array,
  methods: readonly string[] = [],
): Promise<RawResponse[]> {
  const client = await RawClient.connect(target);
  try {
    return await client.send(data).untilClose(methods);
  } finally {
    client.destroy();
  }
}

/** Sends bytes on a new connection and gives the first response, whether the server closes or not. */
export async function ask(
  target: RawTarget,
  data: string | Uint8Array,
  method = "GET",
): Promise<RawResponse> {
  const client = await RawClient.connect(target);
  try {
    const [first] = await client.send(data).responses(1, [method]);
    if (first === undefined)
      throw new Error(`the server closed without an answer: ${client.error?.message ?? "FIN"}`);
    return first;
  } finally {
    client.destroy();
  }
}

/** The only value of a field, `undefined` when it is absent; throws when it is repeated. */
export function field(response: RawResponse, name: string): string | undefined {
  const values = response.headers.get(name.toLowerCase());
  if (values !== undefined && values.length > 1)
    throw new Error(`${name} is repeated: ${values.join(" | ")}`);
  return values?.[0];
}

/**
 * Splits received bytes into responses, strictly: CRLF everywhere, no control bytes in the head, a body that is told by
 * Content-Length or chunked, never both, or ends with the connection.
 *
 * @param methods The methods of the requests, in order; only HEAD matters. GET for those that are not named.
 * @returns The complete responses, and how many bytes are left over. Interim responses (1xx) count as responses.
 */
export function parseResponses(
  bytes: Buffer,
  methods: readonly string[] = [],
): { responses: RawResponse[]; rest: number } {
  const responses: RawResponse[] = [];
  let start = 0;
  let finals = 0;
  while (start < bytes.length) {
    const parsed = parseResponse(bytes.subarray(start), methods[finals] ?? "GET");
    if (parsed === null) break;
    responses.push(parsed.response);
    if (parsed.response.status >= 200) finals++;
    start += parsed.size;
  }
  return { responses, rest: bytes.length - start };
}

function parseResponse(bytes: Buffer, method: string): { response: RawResponse; size: number } | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const match = /^HTTP\/(1\.[01]) ([1-9][0-9]{2}) ([\t\x20-\x7e]*)$/.exec(statusLine);
  if (match === null) throw new Error(`not a status line: ${JSON.stringify(statusLine.slice(0, 200))}`);
  const [, version = "", digits = "", reason = ""] = match;
  const status = Number(digits);
  const headers = parseFields(lines);
  const body = parseBody(
    bytes.subarray(headEnd + 4),
    headers,
    method === "HEAD" || status < 200 || status === 204 || status === 304,
  );
  if (body === null) return null;
  return { response: { version, status, reason, headers, body: body.bytes }, size: headEnd + 4 + body.size };
}

function parseFields(lines: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line);
    if (match === null) throw new Error(`not a header line: ${JSON.stringify(line.slice(0, 200))}`);
    const [, name = "", value = ""] = match;
    const values = headers.get(name.toLowerCase()) ?? [];
    headers.set(name.toLowerCase(), [...values, value]);
  }
  return headers;
}

function parseBody(
  bytes: Buffer,
  headers: ReadonlyMap<string, readonly string[]>,
  empty: boolean,
): { bytes: Buffer; size: number } | null {
  const length = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  if (length !== undefined && (coding !== undefined || length.length > 1))
    throw new Error("the length of the body is told twice");
  if (empty) return { bytes: Buffer.alloc(0), size: 0 };
  if (coding !== undefined) return parseChunks(bytes);
  if (length === undefined) throw new Error("the response is not delimited by itself");
  const size = Number(length[0]);
  return bytes.length < size ? null : { bytes: bytes.subarray(0, size), size };
}

function parseChunks(bytes: Buffer): { bytes: Buffer; size: number } | null {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) return null;
    const digits = bytes.toString("latin1", at, lineEnd);
    if (!/^[0-9a-fA-F]+$/.test(digits))
      throw new Error(`not a chunk size: ${JSON.stringify(digits.slice(0, 50))}`);
    const size = Number.parseInt(digits, 16);
    const end = lineEnd + 2 + size;
    if (bytes.length < end + 2) return null;
    if (bytes.toString("latin1", end, end + 2) !== "\r\n") throw new Error("a chunk does not end with CRLF");
    if (size === 0) return { bytes: Buffer.concat(chunks), size: end + 2 };
    chunks.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
