/** Sends requests to a server inside its process, without a port. Opens a transport when it is needed. */
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { pipeline, Readable } from "node:stream";
import type { HttpListener } from "../cluster/process/lifecycle.ts";
import type { ServerSettings } from "../config/options.ts";
import { http } from "../node/http.ts";
import { Transport } from "./transport.ts";

/** The body of a request: text or bytes, whose length the request declares, or chunks that are sent as they come. */
export type SentBody = string | Uint8Array | AsyncIterable<string | Uint8Array> | undefined;

/** A request as it is sent. */
export interface SentRequest {
  readonly method: string;
  /** The request target. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: SentBody;
  readonly signal: AbortSignal | undefined;
}

/** The begin of an answer. */
export interface Received {
  /** The answer, whose body has not been read. It fails when the connection is cut, or when the signal aborts. */
  readonly message: IncomingMessage;
  /** Resolves when the connection is free for another request, or closed. */
  readonly closed: Promise<void>;
}

/** Sends requests to one server. */
export class Injector {
  readonly #settings: ServerSettings;
  readonly #createListener: () => HttpListener;
  #transport: Promise<Transport> | null = null;
  /** How many requests are not answered completely. */
  #running = 0;

  constructor(settings: ServerSettings, createListener: () => HttpListener) {
    this.#settings = settings;
    this.#createListener = createListener;
  }

  /**
   * Sends a request. Resolves when the head of its answer has arrived.
   *
   * @throws PKT_SERVER_LISTEN when no private socket can be opened; the reason of the signal when it aborts.
   */
  async send(sent: SentRequest): Promise<Received> {
    sent.signal?.throwIfAborted();
    this.#running++;
    let request: ClientRequest;
    try {
      request = begin(await this.#open(), sent);
    } catch (error) {
      this.#ended();
      throw error;
    }
    const closed = new Promise<void>((resolve) => {
      request.once("close", () => {
        this.#ended();
        resolve();
      });
    });
    return { message: await answerOf(request, sent.signal, closed), closed };
  }

  /** Lets the requests that run finish, at most for `timeoutMs`, and closes the transport. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    const transport = await this.#transport?.catch(() => undefined);
    await transport?.drain(timeoutMs);
  }

  #open(): Promise<Transport> {
    this.#transport ??= Transport.open(this.#createListener(), this.#settings);
    return this.#transport;
  }

  /** Closes the transport, unless another request begins in this turn of the event loop. */
  #ended(): void {
    this.#running--;
    setImmediate(() => {
      if (this.#running > 0) return;
      this.#transport?.then(
        (transport) => transport.close(),
        () => undefined,
      );
      this.#transport = null;
    });
  }
}

function begin({ agent }: Transport, { method, path, headers, body }: SentRequest): ClientRequest {
  // The declared length keeps Node from sending the body of a DELETE without one.
  const length =
    typeof body === "string" || body instanceof Uint8Array
      ? { "Content-Length": String(Buffer.byteLength(body)) }
      : {};
  const request = http.request({
    agent,
    method,
    path,
    headers: withDefaults(headers, { Host: "localhost", ...length }),
  });
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) request.end(body);
  else pipeline(Readable.from(body), request, () => undefined);
  return request;
}

/** Adds the defaults of the headers that are not set. */
function withDefaults(
  headers: OutgoingHttpHeaders,
  defaults: Readonly<Record<string, string>>,
): OutgoingHttpHeaders {
  const set = Object.entries(headers).filter(([, value]) => value !== undefined);
  const names = new Set(set.map(([name]) => name.toLowerCase()));
  const missing = Object.entries(defaults).filter(([name]) => !names.has(name.toLowerCase()));
  return Object.fromEntries([...missing, ...set]);
}

/** Waits for the head of the answer. The signal ends the request until the connection is free again. */
function answerOf(
  request: ClientRequest,
  signal: AbortSignal | undefined,
  closed: Promise<void>,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let message: IncomingMessage | undefined;
    const abort = (): void => {
      const { reason }: { readonly reason?: unknown } = signal ?? {};
      reject(reason);
      const error = reason instanceof Error ? reason : new Error(String(reason));
      (message ?? request).destroy(error);
    };
    signal?.addEventListener("abort", abort, { once: true });
    void closed.then(() => signal?.removeEventListener("abort", abort));
    request.on("error", reject).once("response", (response) => {
      message = response;
      resolve(response);
    });
    if (signal?.aborted) abort(); // while the transport was opened
  });
}
