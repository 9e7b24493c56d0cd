/**
 * A row of the differential tests consists of handlers of a server and the actions of a client. Rows run in two
 * servers, one with each way of dispatch, also in processes of other Node versions: at run time a file of rows imports
 * nothing of the repository but other rows.
 */
import type { PacketronRequest, PacketronResponse, ServerOptions } from "../../src/index.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import type { Client } from "./_client.ts";

/** All exports of the package `packetron`. */
export type Kit = typeof import("../../../packetron/src/index.ts");

/** The two ways of dispatch. */
export const modes = ["standard", "direct"] as const;
export type Mode = (typeof modes)[number];

/**
 * The instants at which listeners are attached: never, before the handler runs (to both objects or to one of them), right
 * after it, or two turns of the event loop later.
 */
export const watches = ["never", "before", "request before", "response before", "after", "late"] as const;
export type Watch = (typeof watches)[number];

/** Records the observations of a handler for the comparison; one for each request. */
export interface Stage {
  /** Notes a line. */
  note(text: string): void;
  /** Calls a function, and notes its result or its error. The error is caught. */
  attempt(label: string, call: () => unknown): void;
  /** Notes the properties of request and response. */
  snapshot(label: string): void;
  /**
   * Calls a function after some turns of the event loop; the row waits for it. A timer would not have a fixed order with
   * the events of other turns.
   */
  later(turns: number, call: () => unknown): void;
  /** Calls a function after the client has disconnected. */
  afterwards(call: () => unknown): void;
  /** Notes the outcome of a promise; the row waits for it. */
  settle(label: string, promise: Promise<unknown>): void;
}

/** A handler with a stage for its notes. */
export type RowHandler = (request: PacketronRequest, response: PacketronResponse, stage: Stage) => unknown;

/** A route of a row. */
export interface RowRoute {
  readonly handler: RowHandler;
  /** Further options of `server.handle()`. */
  readonly options?: (kit: Kit) => object;
}

/** One row. */
export interface Row {
  /** The compared behaviour, as the end of a sentence. */
  readonly name: string;
  /** The handler of GET and POST `/`. */
  readonly handler?: RowHandler;
  /** Further routes by their paths, for GET and POST. */
  readonly routes?: Readonly<Record<string, RowHandler | RowRoute>>;
  readonly options?: (kit: Kit) => ServerOptions;
  /** Registers gates that note, and everything else that is not a route. */
  readonly setUp?: (server: Packetron, kit: Kit, note: (text: string) => void) => void;
  /** The actions of the client; by default one GET of `/`. */
  readonly client?: (client: Client) => Promise<unknown> | unknown;
  /** The instants at which listeners are attached; all of them by default. */
  readonly watches?: readonly Watch[];
  /**
   * The reason why the application may see a difference after a direct answer. Then only the answers to the client and the
   * reports of the server are compared.
   */
  readonly differs?: string;
  /** Whether the server closes the connection without `Connection: close`. */
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
