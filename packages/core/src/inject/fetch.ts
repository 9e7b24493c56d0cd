/** `server.fetch()`: sends a `Request` of the fetch standard, and returns a `Response` whose body is a stream. */
import type { IncomingMessage } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { optionError } from "../errors/errors.ts";
import type { Injector, SentBody } from "./injector.ts";

/** How many bytes of a body that comes in several chunks are collected before they are sent. */
const COLLECTED = 1024 * 1024;

/** How many bytes of an answer are read before the program asks for them. */
const READ_AHEAD = 1024 * 1024;

/** Sends a request. Resolves when the head of its answer has arrived. */
export async function fetchFrom(injector: Injector, request: Request): Promise<Response> {
  if (!isRequest(request))
    throw optionError("fetch()", request, 'a Request: new Request("http://localhost/status")');
  const { pathname, search, host } = new URL(request.url);
  const { message } = await injector.send({
    method: request.method,
    path: pathname + search,
    headers: { Host: host, ...Object.fromEntries(request.headers) },
    body: request.body === null ? undefined : await readBody(request.body),
    signal: request.signal,
  });
  return toResponse(message, request.method);
}

/** Whether a value is a `Request`, also one of another realm. */
function isRequest(value: unknown): value is Request {
  return Object.prototype.toString.call(value) === "[object Request]";
}

/**
 * Returns the whole body if it is there already, because its length can be declared. A `Request` does not say how
 * long its body is. Returns the chunks of any other body.
 */
async function readBody(body: ReadableStream<Uint8Array>): Promise<SentBody> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  for (let next = reader.read(), size = 0; ; next = reader.read()) {
    const result = await Promise.race([next, nextTurn(null)]);
    if (result === null || (chunks.length > 0 && size > COLLECTED)) return readOn(chunks, next, reader);
    if (result.done) return Buffer.concat(chunks);
    chunks.push(result.value);
    size += result.value.length;
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function* readOn(chunks: readonly Uint8Array[], first: ReturnType<Reader["read"]>, reader: Reader) {
  try {
    yield* chunks;
    for (let next = await first; !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}

function toResponse(message: IncomingMessage, method: string): Response {
  const { statusCode: status = 0, statusMessage: statusText = "", rawHeaders } = message;
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  const isEmpty = method === "HEAD" || status === 204 || status === 205 || status === 304;
  if (isEmpty) message.resume();
  return new Response(isEmpty ? null : toStream(message), { status, statusText, headers });
}

/** The body as a stream. The connection of a body of usual size is free soon, although a test looks at the status alone. */
function toStream(message: IncomingMessage): ReadableStream<Uint8Array> {
  const source = {
    start(controller: ReadableStreamDefaultController<Uint8Array>): void {
      message
        .on("data", (chunk: Buffer) => {
          controller.enqueue(new Uint8Array(chunk));
          if ((controller.desiredSize ?? 0) <= 0) message.pause();
        })
        .once("end", () => controller.close())
        .once("error", (error) => controller.error(error));
    },
    pull(): void {
      message.resume();
    },
    cancel(): void {
      message.destroy();
    },
  };
  return new ReadableStream(source, new ByteLengthQueuingStrategy({ highWaterMark: READ_AHEAD }));
}
