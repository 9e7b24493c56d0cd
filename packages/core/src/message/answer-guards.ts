/**
 * Own methods of a response that run the functions of `host.answering()` before its head leaves, for answers that do not
 * come from a sender: streams, and the code of libraries that calls `writeHead()`, `write()` or `end()`.
 */
import type { Duplex } from "node:stream";
import { type AnswerBody, AnsweringState, type ChangedAnswer, OpenAnswer } from "./answer-change.ts";
import { setBlock } from "./header-block.ts";
import type { PacketronResponse } from "./response.ts";

type Method = "end" | "write" | "writeHead";

type Parameters = readonly unknown[];

/** The guarded methods. All responses of a server have the same functions. */
export type Guards = Readonly<Record<Method, (this: PacketronResponse, ...parameters: unknown[]) => unknown>>;

/** Runs the functions of `host.answering()`. */
export interface Changes {
  /** Runs them for an answer that is a stream. Returns the streams that its bytes go through, in order. */
  open(response: PacketronResponse): readonly Duplex[];
  /** Runs them for an answer with a whole body, and sends it. */
  change(response: PacketronResponse, answer: ChangedAnswer): void;
  /** Answers a request whose answer could not be changed. */
  fail(error: unknown, response: PacketronResponse): void;
}

/** The first of the streams that the bytes of a response go through. */
const transforms = new WeakMap<PacketronResponse, Duplex>();

/** Makes the guarded methods of a server. */
export function createGuards(changes: Changes): Guards {
  const open = (response: PacketronResponse): Duplex | undefined => {
    if (isUnchanged(response)) {
      connect(response, changes);
      setBlock(response);
    }
    return transforms.get(response);
  };
  return {
    writeHead(...parameters) {
      if (!isUnchanged(this)) return plain(this, "writeHead", parameters);
      const [status, ...rest] = parameters;
      const message = typeof rest[0] === "string" ? [rest[0]] : [];
      this.statusCode = Number(status);
      setAll(this, rest[message.length]);
      open(this);
      return plain(this, "writeHead", [this.statusCode, ...message]);
    },
    write(...parameters) {
      const transform = open(this);
      if (transform === undefined) return plain(this, "write", parameters);
      return Reflect.apply(transform.write, transform, parameters);
    },
    end(...parameters) {
      const transform = transforms.get(this);
      if (transform !== undefined) endTransform(this, transform, parameters);
      else if (isUnchanged(this)) changes.change(this, new EndedAnswer(this, parameters));
      else plain(this, "end", parameters);
      return this;
    },
  };
}

function isUnchanged(response: PacketronResponse): boolean {
  return response.answering === undefined && !response.headersSent;
}

/** Calls a method of the response's class, which a framework may have replaced. */
function plain(response: PacketronResponse, name: Method, parameters: Parameters): unknown {
  const method: unknown = Reflect.get(Object.getPrototypeOf(response), name);
  return typeof method === "function" ? Reflect.apply(method, response, parameters) : undefined;
}

/** Sets the headers that code gives to `writeHead()`: an object, a flat list, or a list of pairs. */
function setAll(response: PacketronResponse, headers: unknown): void {
  if (!Array.isArray(headers)) {
    if (typeof headers !== "object" || headers === null) return;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    return;
  }
  const flat = headers.flatMap((member) => (Array.isArray(member) ? [member[0], member[1]] : [member]));
  const names = flat.filter((_, index) => index % 2 === 0);
  for (const name of names) response.removeHeader(name);
  for (const [index, name] of names.entries()) response.appendHeader(name, flat[2 * index + 1]);
}

/** Runs the functions for a stream, and puts the transforms that they give before the response's own methods. */
function connect(response: PacketronResponse, changes: Changes): void {
  const streams = changes.open(response);
  const [first] = streams;
  const last = streams.at(-1);
  if (first === undefined || last === undefined) return;
  transforms.set(response, first);
  response.removeHeader("Content-Length"); // of the bytes before the transform
  for (const [index, stream] of streams.entries()) {
    const following = streams[index + 1];
    if (following !== undefined) stream.pipe(following);
    stream.once("error", (error) => changes.fail(error, response));
    response.once("close", () => stream.destroy());
  }
  first.on("drain", () => response.emit("drain"));
  last.on("data", (chunk: unknown) => {
    if (plain(response, "write", [chunk]) === false) last.pause();
  });
  // The writer gets the drain of the first stream by this event, too, while the socket may be full.
  response.on("drain", () => {
    if (!response.writableNeedDrain) last.resume();
  });
  last.once("end", () => {
    response.answering = AnsweringState.DONE;
    plain(response, "end", []);
  });
}

/** Ends a transformed answer. Until the transform has given its last bytes, the response looks answered. */
function endTransform(response: PacketronResponse, transform: Duplex, parameters: Parameters): void {
  const callback = parameters.find((parameter) => typeof parameter === "function");
  if (typeof callback === "function") response.once("finish", () => Reflect.apply(callback, response, []));
  response.answering = AnsweringState.PENDING;
  Reflect.apply(
    transform.end,
    transform,
    parameters.filter((parameter) => parameter !== callback),
  );
}

/** An answer that code ends with one call of `end()`. */
class EndedAnswer extends OpenAnswer implements ChangedAnswer {
  #parameters: Parameters;

  constructor(response: PacketronResponse, parameters: Parameters) {
    super(response, bodyOf(parameters));
    this.#parameters = parameters;
  }

  replace(body: AnswerBody): void {
    const { response } = this;
    // Node computes the length unless it is set; removing it would make Node send chunks.
    if (response.hasHeader("Content-Length")) response.setHeader("Content-Length", Buffer.byteLength(body));
    this.body = body;
    this.#parameters = [body, ...this.#parameters.filter((parameter) => typeof parameter === "function")];
  }

  send(): void {
    setBlock(this.response);
    plain(this.response, "end", this.#parameters);
  }
}

function bodyOf([chunk, encoding]: Parameters): AnswerBody {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk !== "string") return "";
  const isUtf8 = typeof encoding !== "string" || !Buffer.isEncoding(encoding) || /^utf-?8$/i.test(encoding);
  return isUtf8 ? chunk : Buffer.from(chunk, encoding);
}
