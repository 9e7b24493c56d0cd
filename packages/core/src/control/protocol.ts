/**
 * What a command and a running application say to each other: one line of JSON each way, then the connection ends. The
 * version stands in both, because the command may be installed apart from the application.
 */

import type { AddressInfo } from "node:net";
import type { PrimaryStatus } from "../cluster/process/status.ts";
import { isRecord } from "../errors/narrow.ts";
import type { RouteDescription } from "../routing/describe.ts";

/** The version of the protocol; another one is refused with a sentence. */
export const PROTOCOL = 1;

/** The longest request, in bytes: a word. */
export const LARGEST_REQUEST: number = 4 * 1024;

/** The longest answer, in bytes: some ten thousand routes. */
export const LARGEST_ANSWER: number = 16 * 1024 * 1024;

/** What can be asked. */
export type ControlVerb = "status" | "routes" | "reload" | "stop";

const VERBS: readonly ControlVerb[] = ["status", "routes", "reload", "stop"];

/** An application that runs. */
export interface ApplicationStatus extends PrimaryStatus {
  readonly name: string;
  /** The version of Node: `"v24.1.0"`. */
  readonly node: string;
}

/** The routes of one server of an application. */
export interface ServerRoutes {
  /** Where it listens. */
  readonly address: AddressInfo | null;
  readonly routes: readonly RouteDescription[];
  /** The capabilities that look for a route where none of these fits, as that for files does. */
  readonly resolvers: readonly string[];
}

/** What each verb gives. */
export interface ControlValues {
  readonly status: ApplicationStatus;
  readonly routes: readonly ServerRoutes[];
  readonly reload: { readonly generation: number };
  /** The answer says that it begins; the end of the process says that it is done. */
  readonly stop: null;
}

/** An answer, or why there is none. */
export type ControlAnswer<Value = unknown> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: string };

/** Writes a request. */
export function writeRequest(verb: ControlVerb): string {
  return `${JSON.stringify({ packetron: PROTOCOL, verb })}\n`;
}

/** Reads a request; what is wrong with it comes back as a sentence for whoever sent it. */
export function readRequest(line: string): ControlAnswer<ControlVerb> {
  const request = parseRecord(line);
  if (request === undefined || !("packetron" in request)) return refusal("this is no request of packetron");
  if (request["packetron"] !== PROTOCOL) return refusal(tellVersions(request["packetron"], PROTOCOL));
  const verb = VERBS.find((known) => known === request["verb"]);
  return verb === undefined
    ? refusal("the application does not know this command")
    : { ok: true, value: verb };
}

/** Writes an answer. One that is longer than {@link LARGEST_ANSWER} becomes a refusal. */
export function writeAnswer(answer: ControlAnswer): string {
  const text = `${JSON.stringify({ packetron: PROTOCOL, ...answer })}\n`;
  return Buffer.byteLength(text) <= LARGEST_ANSWER ? text : writeAnswer(refusal("the answer is too long"));
}

/** Reads the answer to a verb, down to the fields that are looked at. */
export function readAnswer<Verb extends ControlVerb>(
  verb: Verb,
  line: string,
): ControlAnswer<ControlValues[Verb]> {
  const answer = parseRecord(line);
  if (answer === undefined) return refusal("the application gave an answer that is not readable");
  if (answer["packetron"] !== PROTOCOL) return refusal(tellVersions(PROTOCOL, answer["packetron"]));
  const { ok, value, reason } = answer;
  if (ok !== true) return refusal(typeof reason === "string" ? reason : "the application gave no reason");
  return isValueOf(verb, value)
    ? { ok, value }
    : refusal(`the application's answer to ${verb} is not readable`);
}

/** A refusal. */
export function refusal(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}

function tellVersions(command: unknown, application: unknown): string {
  return `the command speaks version ${JSON.stringify(command)} of the protocol, the application version ${JSON.stringify(application)}: use the command of the packetron that the application uses`;
}

/** The lists are what a reader walks through; the rest is printed, whatever it is. */
function isValueOf<Verb extends ControlVerb>(verb: Verb, value: unknown): value is ControlValues[Verb] {
  if (verb === "stop") return value === null;
  if (verb === "routes")
    return (
      Array.isArray(value) &&
      value.every((server) => hasList(server, "routes") && hasTexts(server, "resolvers"))
    );
  if (verb === "status") return hasList(value, "addresses") && hasList(value, "workers");
  return isRecord(value) && typeof value["generation"] === "number";
}

function hasList(value: unknown, key: string): boolean {
  return isRecord(value) && Array.isArray(value[key]) && value[key].every(isRecord);
}

function hasTexts(value: unknown, key: string): boolean {
  return isRecord(value) && Array.isArray(value[key]) && value[key].every((item) => typeof item === "string");
}

function parseRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
