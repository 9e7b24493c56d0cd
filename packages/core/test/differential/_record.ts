/** Records one request as an application sees it: its notes, events, and the properties of request and response. */
import { finished } from "node:stream";
import type { PacketronRequest, PacketronResponse } from "../../src/index.ts";
import type { Stage, Watch } from "./_row.ts";

const RESPONSE_FLAGS = [
  "headersSent",
  "writableEnded",
  "writableFinished",
  "finished",
  "writable",
  "destroyed",
  "closed",
  "writableNeedDrain",
  "sendDate",
  "shouldKeepAlive",
  "chunkedEncoding",
] as const;
const REQUEST_FLAGS = [
  "complete",
  "aborted",
  "destroyed",
  "closed",
  "readable",
  "readableEnded",
  "readableDidRead",
  "readableAborted",
] as const;
// `prefinish` is emitted with the answer, and for a queued answer when it is sent: it has rows of its own.
const RESPONSE_EVENTS = ["finish", "close", "error", "drain", "pipe", "unpipe", "timeout"];
const REQUEST_EVENTS = ["aborted", "end", "close", "error", "timeout"];

/** The record of one request. */
export class Record implements Stage {
  readonly lines: string[] = [];
  readonly #request: PacketronRequest;
  readonly #response: PacketronResponse;
  readonly #pending: Set<Promise<unknown>>;

  /** @param pending Collects the promises that the row must wait for. */
  constructor(request: PacketronRequest, response: PacketronResponse, pending: Set<Promise<unknown>>) {
    this.#request = request;
    this.#response = response;
    this.#pending = pending;
    this.note(`${request.method} ${request.url} ${request.httpVersion}`);
  }

  note(text: string): void {
    this.lines.push(text);
  }

  attempt(label: string, call: () => unknown): void {
    try {
      this.note(`${label} gave ${this.#show(call())}`);
    } catch (error) {
      this.note(`${label} threw ${showError(error)}`);
    }
  }

  snapshot(label: string): void {
    const response = this.#response;
    const request = this.#request;
    const sides = [
      flagsOf(response, RESPONSE_FLAGS),
      `status=${response.statusCode}/${response.statusMessage}`,
      `errored=${showError(response.errored)}`,
      `socket=${response.socket === null ? "none" : "there"}`,
      `head=${Boolean(Reflect.get(response, "_header"))}`,
      `names=${response.getHeaderNames().toSorted().join()}`,
      "|",
      flagsOf(request, REQUEST_FLAGS),
      `flowing=${request.readableFlowing}`,
      `errored=${showError(request.errored)}`,
      `socket=${request.socket?.destroyed === true ? "destroyed" : request.socket === null ? "none" : "there"}`,
    ];
    this.note(`${label}: ${sides.join(" ")}`);
  }

  later(turns: number, call: () => unknown): void {
    const wait = async (): Promise<void> => {
      for (let left = turns; left > 0; left--) {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      await call();
    };
    this.settle(`after ${turns} turns`, wait());
  }

  afterwards(call: () => unknown): void {
    const { socket } = this.#request; // a listener on the socket does not end direct dispatch
    const left = new Promise<void>((resolve) => {
      socket.once("close", () => setImmediate(resolve));
    });
    this.settle(
      "afterwards",
      left.then(async () => void (await call())),
    );
  }

  settle(label: string, promise: Promise<unknown>): void {
    const settled = promise
      .then(
        (value) => this.note(`${label}: ${this.#show(value)}`),
        (error: unknown) => this.note(`${label} failed with ${showError(error)}`),
      )
      .finally(() => this.#pending.delete(settled));
    this.#pending.add(settled);
  }

  /** Attaches listeners to all events that a library might listen to. */
  watch(which: Watch): void {
    if (which !== "request before") this.#watchResponse();
    if (which !== "response before") this.#watchRequest();
  }

  #watchResponse(): void {
    const response = this.#response;
    for (const event of RESPONSE_EVENTS) {
      response.on(event, (value: unknown) =>
        this.note(`response ${event}${value instanceof Error ? ` ${showError(value)}` : ""}`),
      );
    }
    response.on("finish", () => this.snapshot("on finish"));
    finished(response, (error) => this.note(`finished(response): ${showError(error)}`));
  }

  #watchRequest(): void {
    const request = this.#request;
    for (const event of REQUEST_EVENTS) {
      request.on(event, (value: unknown) =>
        this.note(`request ${event}${value instanceof Error ? ` ${showError(value)}` : ""}`),
      );
    }
    finished(request, (error) => this.note(`finished(request): ${showError(error)}`));
    request.signal.addEventListener("abort", () => this.note("signal aborted"));
  }

  #show(value: unknown): string {
    if (value === this.#response) return "the response";
    if (value === this.#request) return "the request";
    if (typeof value === "function") return "a function";
    if (value instanceof Error) return showError(value);
    if (Buffer.isBuffer(value)) return `bytes ${value.toString("latin1")}`;
    if (typeof value === "object" && value !== null) return showObject(value);
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  }

  /** Records the final state of the request after its connection has closed. */
  conclude(): void {
    this.snapshot("at last");
    this.note(`signal.aborted=${this.#request.signal.aborted}`);
  }
}

/** The part of an error that is the same in all Node versions: its code, else its class. */
export function showError(error: unknown): string {
  if (error === null || error === undefined) return "none";
  if (!(error instanceof Error)) return `no Error: ${String(error)}`;
  return "code" in error ? String(error.code) : `${error.name}: ${error.message}`;
}

function flagsOf<Name extends string>(
  object: { readonly [name in Name]?: unknown },
  names: readonly Name[],
): string {
  return names.map((name) => (object[name] === true ? name : `!${name}`)).join(" ");
}

function showObject(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === Object.prototype || prototype === null || Array.isArray(value);
  return plain ? JSON.stringify(value) : `a ${value.constructor.name}`;
}
