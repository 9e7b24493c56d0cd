/** Parses HTTP/1 responses strictly: deviations that a lenient client accepts are errors. */

/** One response as it was received. */
export interface RawResponse {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** The fields by lower-case name. A repeated field has several values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
}

/**
 * Splits received bytes into responses, strictly. Lines must end with CRLF, and the head must not have control bytes. The
 * length of a body must follow from either Content-Length or chunked coding, or from the end of the connection.
 *
 * @param methods The methods of the requests, in order; only HEAD matters. GET for those that are not named.
 * @param closed Whether the server has closed, so that a body without a length is complete.
 * @returns The complete responses, and how many bytes are left over. Interim responses (1xx) count as responses.
 */
export function parseResponses(
  bytes: Buffer,
  methods: readonly string[] = [],
  closed = false,
): { responses: RawResponse[]; rest: number } {
  const responses: RawResponse[] = [];
  let start = 0;
  let finals = 0;
  while (start < bytes.length) {
    const parsed = parseResponse(bytes.subarray(start), methods[finals] ?? "GET", closed);
    if (parsed === null) break;
    responses.push(parsed.response);
    if (parsed.response.status >= 200) finals++;
    start += parsed.size;
  }
  return { responses, rest: bytes.length - start };
}

function parseResponse(
  bytes: Buffer,
  method: string,
  closed: boolean,
): { response: RawResponse; size: number } | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const match = /^HTTP\/(1\.[01]) ([1-9][0-9]{2}) ([\t\x20-\x7e]*)$/.exec(statusLine);
  if (match === null) throw new Error(`not a status line: ${JSON.stringify(statusLine.slice(0, 200))}`);
  const [, version = "", digits = "", reason = ""] = match;
  const status = Number(digits);
  const headers = parseFields(lines);
  const empty = method === "HEAD" || status < 200 || status === 204 || status === 304;
  const rest = bytes.subarray(headEnd + 4);
  const body = empty ? { bytes: rest.subarray(0, 0), size: 0 } : parseBody(rest, headers, closed);
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
  closed: boolean,
): { bytes: Buffer; size: number } | null {
  const length = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  if (length !== undefined && (coding !== undefined || length.length > 1))
    throw new Error("the response has both Content-Length and Transfer-Encoding");
  if (coding !== undefined) return parseChunks(bytes);
  if (length === undefined) return closed ? { bytes, size: bytes.length } : null;
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

/** The only value of a field, `undefined` when it is absent; throws when it is repeated. */
export function field(response: RawResponse, name: string): string | undefined {
  const values = response.headers.get(name.toLowerCase());
  if (values !== undefined && values.length > 1)
    throw new Error(`${name} is repeated: ${values.join(" | ")}`);
  return values?.[0];
}
