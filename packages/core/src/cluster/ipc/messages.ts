/**
 * Every message between the primary and a worker. Each is sent in an envelope, which marks it as a message of
 * Packetron. A message that arrives is `unknown` until its type and each field of that type have been checked; a
 * message with a wrong field is dropped.
 */

import type { AddressInfo } from "node:net";
import { isRecord } from "../../errors/narrow.ts";
import type { CutReport } from "../process/cut-report.ts";
import { NO_LOAD, type WorkerLoad } from "../process/status.ts";

/** An error as text, for another process. */
export interface ErrorReport {
  readonly message: string;
  readonly code?: string | undefined;
  readonly stack?: string | undefined;
}

/** A value on a named channel of a server. `channels.ts` writes and reads these fields. */
export interface ChannelFields {
  readonly key: string;
  readonly channel: string;
  readonly to: "primary" | "worker";
  /** The worker id of the sender; 0 for the primary. */
  readonly from: number;
  /** The worker id of the only receiver; without one, each worker gets the message. */
  readonly only?: number | undefined;
  /** The value as a structured clone, in base64. */
  readonly payload: string;
}

/** The messages of the primary to a worker, by type. `key` names the server that a message is about. */
export interface PrimaryMessages {
  /**
   * The server listens at this address, and the worker must prepare to serve it. With "reuse-port" the message carries
   * the worker's own socket of the port, from which the worker accepts once it is ready; a worker on trial (not yet in
   * service) gets the socket later, with "adopt". Otherwise the primary hands each connection over with "connection".
   */
  readonly listening: { readonly key: string; readonly address: AddressInfo };
  /** This server is not served by workers, or no longer; `start()` resolves in the worker, which does not serve. */
  readonly elsewhere: { readonly key: string; readonly address: AddressInfo };
  /** The primary does not know this server; `start()` fails in the worker. */
  readonly unknown: { readonly key: string };
  /** A connection for the worker, with its handle attached; the worker answers "accepted". */
  readonly connection: { readonly key: string; readonly connection: number };
  /**
   * Asks the worker to answer "probed" once it has read every message up to this connection. So the primary finds
   * connections that were lost on the way.
   */
  readonly probe: { readonly key: string; readonly connection: number };
  /**
   * Orders the worker to accept from the attached socket: its own socket, or the socket of another slot whose worker
   * has exited or drains.
   */
  readonly adopt: { readonly key: string; readonly slot: number };
  /**
   * Orders the worker to stop accepting from the socket of this slot, because another worker accepts from the socket
   * now.
   */
  readonly "stop-listening": { readonly key: string; readonly slot: number };
  /**
   * Makes the worker the leader of the server, so that the worker starts the `onLeader()` tasks. The token is the decimal
   * text of a bigint, larger than that of each former leader.
   */
  readonly lead: { readonly key: string; readonly token: string };
  /**
   * Announces that the server is about to stop in every process: it is no longer ready, but connections may still
   * arrive.
   */
  readonly draining: { readonly key: string };
  /** Asks the worker how many requests of the server it answers now; the worker answers "counted". */
  readonly count: { readonly key: string };
  /**
   * Orders the worker to drain the server within `timeoutMs`. The primary hands no connection over after this message.
   */
  readonly drain: { readonly key: string; readonly timeoutMs: number };
  /** Orders the worker to exit, because each of its servers has stopped in it. */
  readonly quit: object;
  /** Answers "shared-call". `call-messages.ts` writes and reads the payload. */
  readonly "shared-answer": { readonly key: string; readonly payload: string };
  /** The result of the reload that the worker requested under this ticket; `reason` says why a reload failed. */
  readonly reloaded: {
    readonly ticket: number;
    readonly generation: number;
    readonly reason?: string | undefined;
  };
  readonly channel: ChannelFields;
}

/** The messages of a worker to the primary, by type. `key` names the server that a message is about. */
export interface WorkerMessages {
  /**
   * Asks for the address of the server. The primary waits `timeoutMs` for a server that the program has not constructed
   * yet.
   */
  readonly lookup: { readonly key: string; readonly timeoutMs: number };
  /** The worker is ready to serve the server. */
  readonly ready: { readonly key: string };
  /** `start()` of the server failed in the worker. */
  readonly failed: { readonly key: string; readonly error: ErrorReport };
  /** An uncaught exception is about to end the worker. */
  readonly dying: { readonly error: ErrorReport };
  /** The worker owns the connection now. `closed` is how many connections of this server it has closed so far. */
  readonly accepted: { readonly key: string; readonly connection: number; readonly closed: number };
  /** How many connections of this server the worker has closed so far. */
  readonly closed: { readonly key: string; readonly closed: number };
  /** Answers "probe": the worker has read every message up to this connection. */
  readonly probed: { readonly key: string; readonly connection: number };
  /** Shows that the worker's event loop runs. `debugged` turns the liveness check of this worker off. */
  readonly heartbeat: { readonly debugged: boolean; readonly load: WorkerLoad };
  /** The worker wants to exit. The primary answers with "drain" for each server, then with "quit". */
  readonly leaving: object;
  /** The program called `reload()` in the worker; the primary answers "reloaded" with this ticket. */
  readonly reload: { readonly ticket: number };
  /** The worker's `onLeader()` tasks have ended, so another worker may lead. */
  readonly "leadership-released": { readonly key: string };
  /** The program called `stop()` in the worker; the primary stops the server in every process. */
  readonly "stop-requested": { readonly key: string };
  /** A call of the server's shared services; the primary answers "shared-answer". */
  readonly "shared-call": { readonly key: string; readonly payload: string };
  /** Answers "count": how many requests of the server the worker answers now. */
  readonly counted: { readonly key: string; readonly inFlight: number };
  /** The worker has drained the server and run its hooks. `clean` is false when a connection or task had to be cut. */
  readonly drained: { readonly key: string; readonly clean: boolean; readonly cut: CutReport };
  readonly channel: ChannelFields;
}

/** A message of the primary: any message, or only messages of the given type. */
export type PrimaryMessage<Type extends keyof PrimaryMessages = keyof PrimaryMessages> = {
  [T in Type]: { readonly type: T } & PrimaryMessages[T];
}[Type];

/** A message of a worker: any message, or only messages of the given type. */
export type WorkerMessage<Type extends keyof WorkerMessages = keyof WorkerMessages> = {
  [T in Type]: { readonly type: T } & WorkerMessages[T];
}[Type];

/** A value of a named channel, on its way to the primary or to workers. */
export type ChannelMessage = PrimaryMessage<"channel">;

/** The property name that marks an envelope. Its value is the version of the message protocol. */
const MARK = "packetron";
const VERSION = 2;

/**
 * A message with the mark that tells Packetron's messages apart from the application's messages on the same IPC
 * channel.
 */
export interface Envelope {
  readonly packetron: typeof VERSION;
  readonly message: PrimaryMessage | WorkerMessage;
}

/** Puts a message into an envelope. */
export function wrap(message: PrimaryMessage | WorkerMessage): Envelope {
  return { packetron: VERSION, message };
}

/** Takes the message out of an envelope; `undefined` when the value is not an envelope of this version. */
export function unwrap(value: unknown): unknown {
  return isRecord(value) && value[MARK] === VERSION ? value["message"] : undefined;
}

type Check = (value: unknown) => boolean;
/** The type of a table with a check for each field of each message type. */
type Shapes<Messages> = {
  readonly [Type in keyof Messages]: { readonly [Field in keyof Messages[Type]]-?: Check };
};

const channel: Shapes<PrimaryMessages>["channel"] = {
  key: isString,
  channel: isString,
  to: (value: unknown) => value === "primary" || value === "worker",
  from: isCount,
  only: (value: unknown) => value === undefined || isCount(value),
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
  lead: { key: isString, token: isToken },
  draining: { key: isString },
  count: { key: isString },
  drain: { key: isString, timeoutMs: isCount },
  "shared-answer": { key: isString, payload: isString },
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
  "shared-call": { key: isString, payload: isString },
  counted: { key: isString, inFlight: isCount },
  drained: { key: isString, clean: isBoolean, cut: isCutReport },
  channel,
};

/** Whether the content of an envelope is a valid message that the primary sends to a worker. */
export function isPrimaryMessage(value: unknown): value is PrimaryMessage {
  return fits(value, primaryShapes);
}

/** Whether the content of an envelope is a valid message that a worker sends to the primary. */
export function isWorkerMessage(value: unknown): value is WorkerMessage {
  return fits(value, workerShapes);
}

function fits(value: unknown, shapes: Readonly<Record<string, Readonly<Record<string, Check>>>>): boolean {
  if (!isRecord(value)) return false;
  const { type } = value;
  if (typeof type !== "string" || !Object.hasOwn(shapes, type)) return false;
  // This check runs twice for each connection, so a loop replaces the slower Object.entries().
  const shape = shapes[type];
  for (const field in shape) if (shape[field]?.(value[field]) !== true) return false;
  return true;
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function isToken(value: unknown): boolean {
  return typeof value === "string" && /^\d+$/.test(value);
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

function isCutReport(value: unknown): boolean {
  if (!isRecord(value) || !isCount(value["requests"]) || !isCount(value["connections"])) return false;
  return Array.isArray(value["names"]) && value["names"].every(isString);
}

function isLoad(value: unknown): boolean {
  return isRecord(value) && Object.keys(NO_LOAD).every((figure) => Number.isFinite(value[figure]));
}
