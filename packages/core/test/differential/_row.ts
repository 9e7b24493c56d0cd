/**
 * What a row of the differential tests is: handlers of a server, and what a client does with it. Rows run in two
 * servers, one with each way of dispatch, also in processes of other Node versions: at run time a file of rows imports
 * nothing of the repository but other rows.
 */
import type { PacketronRequest, PacketronResponse, ServerOptions } from "../../src/index.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import type { Client } from "./_client.ts";

/** Everything that the package `packetron` exports. */
export type Kit = typeof import("../../../packetron/src/index.ts");

/** The two ways of dispatch. */
export const modes = ["standard", "direct"] as const;
export type Mode = (typeof modes)[number];

/**
 * When events are listened to: never, before the handler runs (both, or one of the two alone), right behind it, or two
 * turns of the event loop later.
 */
export const watches = ["never", "before", "request before", "response before", "after", "late"] as const;
export type Watch = (typeof watches)[number];

/** What a handler notes for the comparison; one for each request. */
export interface Stage {
  /** Notes a line. */
  note(text: string): void;
  /** Calls a function and notes what it returned or threw; what it throws is caught. */
  attempt(label: string, call: () => unknown): void;
  /** Notes what request and response say of themselves. */
  snapshot(label: string): void;
  /**
   * Calls a function after some turns of the event loop; the row is not over before. A timer would fire before or behind
   * what other turns bring, as it likes.
   */
  later(turns: number, call: () => unknown): void;
  /** Calls a function when the client has left. */
  afterwards(call: () => unknown): void;
  /** Notes the outcome of a promise; the row is not over before. */
  settle(label: string, promise: Promise<unknown>): void;
}

/** A handler with a stage to note on. */
export type RowHandler = (request: PacketronRequest, response: PacketronResponse, stage: Stage) => unknown;

/** A route of a row. */
export interface RowRoute {
  readonly handler: RowHandler;
  /** Further options of `server.handle()`. */
  readonly options?: (kit: Kit) => object;
}

/** One row. */
export interface Row {
  /** What is compared, as the end of a sentence. */
  readonly name: string;
  /** The handler of GET and POST `/`. */
  readonly handler?: RowHandler;
  /** Further routes by their paths, for GET and POST. */
  readonly routes?: Readonly<Record<string, RowHandler | RowRoute>>;
  readonly options?: (kit: Kit) => ServerOptions;
  /** Registers what is no route, and gates that note. */
  readonly setUp?: (server: Packetron, kit: Kit, note: (text: string) => void) => void;
  /** What the client does; without, one GET of `/`. */
  readonly client?: (client: Client) => Promise<unknown> | unknown;
  /** The instants of listening to try; all of them by default. */
  readonly watches?: readonly Watch[];
  /**
   * Why the application may see something else behind a direct answer: then what the client gets and what the server
   * reports are compared, and what a request sees is not.
   */
  readonly differs?: string;
  /** The server closes the connection without having said so. */
  readonly closes?: boolean;
}

/** A request as text, with Host and, for a body, its length. */
export function requestOf(line: string, headers: readonly string[] = [], body?: string): string {
  const length = body === undefined ? [] : [`Content-Length: ${body.length}`];
  return `${[`${line} HTTP/1.1`, "Host: x", ...headers, ...length].join("\r\n")}\r\n\r\n${body ?? ""}`;
}

/** A request with a chunked body. */
export function chunkedOf(line: string, chunks: readonly string[], headers: readonly string[] = []): string {
  const body = [...chunks, ""].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
  return requestOf(line, ["Transfer-Encoding: chunked", ...headers]) + body;
}

/** The usual requests. */
export const GET: string = requestOf("GET /");
export const POST: string = requestOf("POST /", [], "hello");
export const CHUNKED: string = chunkedOf("POST /", ["hello", " world"]);
