/**
 * Every message between the primary and a worker, in an envelope that marks it as Packetron's. A message that arrives is
 * `unknown` until its type and every field of that type have been checked; a message that does not fit is dropped.
 */

import type { AddressInfo } from "node:net";
import { isRecord } from "../../errors/narrow.ts";
import { NO_LOAD, type WorkerLoad } from "../process/status.ts";

/** An error, as it is sent to another process. */
export interface ErrorReport {
  readonly message: string;
  readonly code?: string | undefined;
  readonly stack?: string | undefined;
}

/** A value on a named channel of a server; see `channels.ts`. */
export interface ChannelFields {
  readonly key: string;
  readonly channel: string;
  readonly to: "primary" | "worker";
  /** The sender's worker id, 0 for the primary. */
  readonly from: number;
  /** The value: structured clone, in base64. */
  readonly payload: string;
}

/** What the primary sends to a worker, by type. `key` names the server. */
export interface PrimaryMessages {
  /**
   * The server listens at the address, and the worker will be handed connections. With "reuse-port" a socket of the port
   * is attached instead; the worker accepts from it once it is ready.
   */
  readonly listening: { readonly key: string; readonly address: AddressInfo };
  /** Workers do not serve this server, or no longer; the worker goes on without it. */
  readonly elsewhere: { readonly key: string; readonly address: AddressInfo };
  /** The primary has no such server. */
  readonly unknown: { readonly key: string };
  /** A connection; its handle is attached. */
  readonly connection: { readonly key: string; readonly connection: number };
  /** Asks for "probed" once everything up to this connection has been read. */
  readonly probe: { readonly key: string; readonly connection: number };
  /** Accept from the attached socket of the port, too: its own worker has exited. */
  readonly adopt: { readonly key: string; readonly slot: number };
  /** Stop accepting from the socket of this slot: another worker does. */
  readonly "stop-listening": { readonly key: string; readonly slot: number };
  /** This worker leads the server: its `onLeader()` tasks run here from now on. */
  readonly lead: { readonly key: string };
  /** The server is about to stop in every process; connections may still arrive. */
  readonly draining: { readonly key: string };
  /** Drain the server. No connection is handed over after this message. */
  readonly stop: { readonly key: string };
  /** Every server has stopped: exit. */
  readonly quit: object;
  /** The result of the reload that the worker requested with this ticket; `reason` says why it failed. */
  readonly reloaded: {
    readonly ticket: number;
    readonly generation: number;
    readonly reason?: string | undefined;
  };
  readonly channel: ChannelFields;
}

/** What a worker sends to the primary, by type. `key` names the server. */
export interface WorkerMessages {
  /** Where is this server? It may take `timeoutMs` to be constructed in the primary. */
  readonly lookup: { readonly key: string; readonly timeoutMs: number };
  /** The worker is ready to serve the server. */
  readonly ready: { readonly key: string };
  /** `start()` of the server failed in the worker. */
  readonly failed: { readonly key: string; readonly error: ErrorReport };
  /** The process is about to exit because of the error. */
  readonly dying: { readonly error: ErrorReport };
  /** The worker owns the connection now; `closed` counts the connections of this server that it has closed so far. */
  readonly accepted: { readonly key: string; readonly connection: number; readonly closed: number };
  /** How many connections of this server the worker has closed so far. */
  readonly closed: { readonly key: string; readonly closed: number };
  /** The answer to "probe": everything up to this connection has been read. */
  readonly probed: { readonly key: string; readonly connection: number };
  /** The worker's event loop turns; `debugged` turns the supervision of this worker off. */
  readonly heartbeat: { readonly debugged: boolean; readonly load: WorkerLoad };
  /** The worker wants to exit; the primary answers with "stop" for each server, then "quit". */
  readonly leaving: object;
  /** The program called `reload()` in the worker. */
  readonly reload: { readonly ticket: number };
  /** The worker's `onLeader()` tasks have ended: another worker may lead. */
  readonly "leadership-released": { readonly key: string };
  /** The program called `stop()` in the worker: stop the server in every process. */
  readonly "stop-requested": { readonly key: string };
  /** The server is drained and its hooks have run; not `clean` when a connection or a task had to be cut. */
  readonly stopped: { readonly key: string; readonly clean: boolean };
  readonly channel: ChannelFields;
}

/** A message of the primary, of one type or of any. */
export type PrimaryMessage<Type extends keyof PrimaryMessages = keyof PrimaryMessages> = {
  [T in Type]: { readonly type: T } & PrimaryMessages[T];
}[Type];

/** A message of a worker, of one type or of any. */
export type WorkerMessage<Type extends keyof WorkerMessages = keyof WorkerMessages> = {
  [T in Type]: { readonly type: T } & WorkerMessages[T];
}[Type];

/** A value on its way to the primary or to workers. */
export type ChannelMessage = PrimaryMessage<"channel">;

/** The mark of an envelope; its value is the version of the protocol. */
const MARK = "packetron";
const VERSION = 2;

/** What is sent. A listener of the application that sees one recognises it by the key `packetron`. */
export interface Envelope {
  readonly packetron: typeof VERSION;
  readonly message: PrimaryMessage | WorkerMessage;
}

/** Puts a message into an envelope. */
export function wrap(message: PrimaryMessage | WorkerMessage): Envelope {
  return { packetron: VERSION, message };
}

/** Takes the content out of an envelope; `undefined` when the value is not an envelope of this version. */
export function unwrap(value: unknown): unknown {
  return isRecord(value) && value[MARK] === VERSION ? value["message"] : undefined;
}

type Check = (value: unknown) => boolean;
/** A check for each field of each type. */
type Shapes<Messages> = {
  readonly [Type in keyof Messages]: { readonly [Field in keyof Messages[Type]]-?: Check };
};

const channel: Shapes<PrimaryMessages>["channel"] = {
  key: isString,
  channel: isString,
  to: (value: unknown) => value === "primary" || value === "worker",
  from: isCount,
  payload: isString,
};

const primaryShapes: Shapes<PrimaryMessages> = {
  listening: { key: isString, address: isAddress },
  elsewhere: { key: isString, address: isAddress },
  unknown: { key: isString },
  connection: { key: isString, connection: isCount },
  probe: { key: isString, connection: isCount },
  adopt: { key: isString, slot: isCount },
  "stop-listening": { key: isString, slot: isCount },
  lead: { key: isString },
  draining: { key: isString },
  stop: { key: isString },
  quit: {},
  reloaded: { ticket: isCount, generation: isCount, reason: isOptionalString },
  channel,
};

const workerShapes: Shapes<WorkerMessages> = {
  lookup: { key: isString, timeoutMs: isCount },
  ready: { key: isString },
  failed: { key: isString, error: isReport },
  dying: { error: isReport },
  accepted: { key: isString, connection: isCount, closed: isCount },
  closed: { key: isString, closed: isCount },
  probed: { key: isString, connection: isCount },
  heartbeat: { debugged: isBoolean, load: isLoad },
  leaving: {},
  reload: { ticket: isCount },
  "leadership-released": { key: isString },
  "stop-requested": { key: isString },
  stopped: { key: isString, clean: isBoolean },
  channel,
};

/** Whether the content of an envelope is a message of the primary. */
export function isPrimaryMessage(value: unknown): value is PrimaryMessage {
  return fits(value, primaryShapes);
}

/** Whether the content of an envelope is a message of a worker. */
export function isWorkerMessage(value: unknown): value is WorkerMessage {
  return fits(value, workerShapes);
}

function fits(value: unknown, shapes: Readonly<Record<string, Readonly<Record<string, Check>>>>): boolean {
  if (!isRecord(value)) return false;
  const { type } = value;
  if (typeof type !== "string" || !Object.hasOwn(shapes, type)) return false;
  // Runs twice for each connection, so it makes no lists.
  const shape = shapes[type];
  for (const field in shape) if (shape[field]?.(value[field]) !== true) return false;
  return true;
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isAddress(value: unknown): boolean {
  return isRecord(value) && isString(value["address"]) && isString(value["family"]) && isCount(value["port"]);
}

function isReport(value: unknown): boolean {
  if (!isRecord(value) || !isString(value["message"])) return false;
  return [value["code"], value["stack"]].every(isOptionalString);
}

function isOptionalString(value: unknown): boolean {
  return value === undefined || isString(value);
}

function isLoad(value: unknown): boolean {
  return isRecord(value) && Object.keys(NO_LOAD).every((figure) => Number.isFinite(value[figure]));
}
