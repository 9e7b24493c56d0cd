/** HTTP clients of the suites: single, interleaved, pipelined and aborted requests. */
import { once } from "node:events";
import { type ClientRequest, request as startRequest } from "node:http";
import { connect } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";

/** How a body is sent: in one write, in three chunks without Content-Length, or with one write for each byte. */
export type Pace = "whole" | "chunked" | "byte by byte";

/** A POST request to send. */
export interface Posting {
  readonly port: number;
  readonly path: string;
  /** The name of the request, unique on its server. */
  readonly label: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Sends one POST on its own connection, and resolves to the status of the answer. */
export async function post(posting: Posting, pace: Pace): Promise<number> {
  const { body } = posting;
  const length = pace === "chunked" ? {} : { "content-length": String(body.length) };
  const request = open(posting, length);
  const status = statusOf(request);
  const step = pace === "whole" ? body.length : pace === "chunked" ? Math.ceil(body.length / 3) : 1;
  for (let start = 0; start < body.length && !request.destroyed; start += Math.max(step, 1)) {
    request.write(body.subarray(start, start + step));
    if (pace !== "whole") await nextTurn();
  }
  request.end();
  return status;
}

/**
 * Sends POSTs concurrently, each on its own connection: first half of each body, then the other halves.
 *
 * @param began Resolves when the handler of a POST has started. The next POST is sent after that.
 */
export async function postInterleaved(
  postings: readonly Posting[],
  began: (posting: Posting) => Promise<unknown>,
): Promise<number[]> {
  const statuses: Promise<number>[] = [];
  const rests: (() => void)[] = [];
  for (const posting of postings) {
    const request = open(posting, {});
    statuses.push(statusOf(request));
    const half = posting.body.length >> 1;
    request.write(posting.body.subarray(0, half));
    rests.push(() => request.end(posting.body.subarray(half)));
    await began(posting);
  }
  for (const sendRest of rests) sendRest();
  return Promise.all(statuses);
}

/** Sends POSTs on one connection in one packet, and resolves to the statuses in the order of the answers. */
export async function postPipelined(postings: readonly Posting[]): Promise<number[]> {
  const socket = connect(postings[0]?.port ?? 0, "127.0.0.1");
  const packet = postings.map((posting, index) => serialise(posting, index === postings.length - 1));
  socket.write(Buffer.concat(packet));
  let answers = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    answers += text;
  });
  await once(socket, "close");
  return [...answers.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}

/** Sends the head and half of the body, then destroys the connection. */
export async function postAndLeave(posting: Posting): Promise<void> {
  const socket = connect(posting.port, "127.0.0.1");
  const whole = serialise(posting, true);
  await new Promise<void>((resolve) => {
    socket.write(whole.subarray(0, whole.length - Math.ceil(posting.body.length / 2)), () => resolve());
  });
  socket.destroy();
}

function open({ port, path, headers }: Posting, more: Readonly<Record<string, string>>): ClientRequest {
  const request = startRequest({ host: "127.0.0.1", port, path, method: "POST", agent: false });
  for (const [name, value] of Object.entries({ ...headers, ...more })) request.setHeader(name, value);
  request.setNoDelay(true);
  return request;
}

function statusOf(request: ClientRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    // A refusal may close the connection while the body is sent. After the answer, errors of writes are ignored.
    request.on("error", reject).once("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
}

function serialise({ path, headers, body }: Posting, last: boolean): Buffer {
  const fields = { host: "127.0.0.1", ...headers, "content-length": String(body.length) };
  const lines = Object.entries(last ? { ...fields, connection: "close" } : fields).map((field) =>
    field.join(": "),
  );
  return Buffer.concat([
    Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`, "latin1"),
    body,
  ]);
}
