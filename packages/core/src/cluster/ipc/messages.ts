/**
 * Every message between the primary and a worker: a named type with a literal tag, in a branded envelope. What
 * arrives is `unknown` until its tag and every field have been looked at; what does not fit is not ours.
 */
import type { AddressInfo } from "node:net";
import { NO_LOAD, type WorkerLoad } from "../process/status.ts";

/** An error on its way to another process. */
export interface ErrorReport {
  readonly message: string;
  readonly code?: string | undefined;
  readonly stack?: string | undefined;
}

/** A value on a channel; `payload` is serialised, see `channels.ts`. */
export interface ParcelMessage {
  readonly type: "parcel";
  readonly key: string;
  readonly channel: string;
  readonly to: "primary" | "worker";
  /** The sender's worker id, 0 for the primary. */
  readonly from: number;
  readonly payload: string;
}

/** From the primary to a worker. `key` names the server. */
export type PrimaryMessage =
  /**
   * The server listens at the address; connections will be handed over from now on. With "reuse-port" a socket of the
   * port comes along instead, and the worker accepts from it once it is ready.
   */
  | { readonly type: "listening"; readonly key: string; readonly address: AddressInfo }
  /** The server is not served by workers, or not any more; the worker goes on without it. */
  | { readonly type: "elsewhere"; readonly key: string; readonly address: AddressInfo }
  /** The primary never heard of the server. */
  | { readonly type: "unknown"; readonly key: string }
  /** A connection; its socket comes with the message. */
  | { readonly type: "connection"; readonly key: string; readonly connection: number }
  /** Say that everything up to this connection has been read. */
  | { readonly type: "probe"; readonly key: string; readonly connection: number }
  /** Accept from this socket of the port, too: it comes along. Whose it was has ended. */
  | { readonly type: "adopt"; readonly key: string; readonly slot: number }
  /** Accept from it no more: another worker does. */
  | { readonly type: "disown"; readonly key: string; readonly slot: number }
  /** This worker leads the server: its `onLeader()` tasks run here from now on. */
  | { readonly type: "lead"; readonly key: string }
  /** The server is about to stop everywhere: not ready any more, though connections may still come. */
  | { readonly type: "draining"; readonly key: string }
  /** Drain the server. Nothing is handed over after it. */
  | { readonly type: "stop"; readonly key: string }
  /** Every server has stopped: end. */
  | { readonly type: "quit" }
  /** How the reload went that the worker asked for under this number; no `reason` when it went well. */
  | {
      readonly type: "reloaded";
      readonly ticket: number;
      readonly generation: number;
      readonly reason?: string | undefined;
    }
  | ParcelMessage;

/** From a worker to the primary. */
export type WorkerMessage =
  /** May the worker serve this server? `patience`, in milliseconds, is how long an unknown one may take to appear. */
  | { readonly type: "ask"; readonly key: string; readonly patience: number }
  | { readonly type: "ready"; readonly key: string }
  | { readonly type: "failed"; readonly key: string; readonly error: ErrorReport }
  /** Sent by a process that is about to die of the error. */
  | { readonly type: "dying"; readonly error: ErrorReport }
  /** The connection is the worker's now; `closed` counts the connections of this server that it closed so far. */
  | { readonly type: "accepted"; readonly key: string; readonly connection: number; readonly closed: number }
  | { readonly type: "closed"; readonly key: string; readonly closed: number }
  /** The answer to "probe". */
  | { readonly type: "passed"; readonly key: string; readonly connection: number }
  /** Alive; `debugged` turns the supervision of this worker off. */
  | { readonly type: "beat"; readonly debugged: boolean; readonly load: WorkerLoad }
  /** The worker wants to end; the primary answers with "stop" for each server, then "quit". */
  | { readonly type: "leaving" }
  /** Somebody called `reload()` in the worker. */
  | { readonly type: "reload"; readonly ticket: number }
  /** The worker's `onLeader()` tasks have ended: another one may lead. */
  | { readonly type: "yielded"; readonly key: string }
  /** Somebody called `stop()` in the worker: stop the server in every process. */
  | { readonly type: "halt"; readonly key: string }
  /** The server is drained and its hooks have run; not `clean` when something had to be cut. */
  | { readonly type: "stopped"; readonly key: string; readonly clean: boolean }
  | ParcelMessage;

/** The brand; its value is the version of the protocol. */
const BRAND = "packetron";
const VERSION = 1;

/** What is sent: a handler of the application that sees one can tell it by the key `packetron`. */
export interface Envelope {
  readonly packetron: typeof VERSION;
  readonly message: PrimaryMessage | WorkerMessage;
}

/** Wraps a message for sending. */
export function seal(message: PrimaryMessage | WorkerMessage): Envelope {
  return { packetron: VERSION, message };
}

/** What is in an envelope; `undefined` when it is none. */
export function open(value: unknown): unknown {
  return isRecord(value) && value[BRAND] === VERSION ? value["message"] : undefined;
}

type Check = (value: unknown) => boolean;
type Shapes<Message extends { readonly type: string }> = {
  readonly [Type in Message["type"]]: Readonly<Record<string, Check>>;
};

const parcel = {
  key: isString,
  channel: isString,
  to: (value: unknown) => value === "primary" || value === "worker",
  from: isCount,
  payload: isString,
};

const primaryShapes: Shapes<PrimaryMessage> = {
  listening: { key: isString, address: isAddress },
  elsewhere: { key: isString, address: isAddress },
  unknown: { key: isString },
  connection: { key: isString, connection: isCount },
  probe: { key: isString, connection: isCount },
  adopt: { key: isString, slot: isCount },
  disown: { key: isString, slot: isCount },
  lead: { key: isString },
  draining: { key: isString },
  stop: { key: isString },
  quit: {},
  reloaded: { ticket: isCount, generation: isCount, reason: isOptionalString },
  parcel,
};

const workerShapes: Shapes<WorkerMessage> = {
  ask: { key: isString, patience: isCount },
  ready: { key: isString },
  failed: { key: isString, error: isReport },
  dying: { error: isReport },
  accepted: { key: isString, connection: isCount, closed: isCount },
  closed: { key: isString, closed: isCount },
  passed: { key: isString, connection: isCount },
  beat: { debugged: isBoolean, load: isLoad },
  leaving: {},
  reload: { ticket: isCount },
  yielded: { key: isString },
  halt: { key: isString },
  stopped: { key: isString, clean: isBoolean },
  parcel,
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
  // Two of these for each connection: without lists on the way.
  const shape = shapes[type];
  for (const field in shape) if (shape[field]?.(value[field]) !== true) return false;
  return true;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
