/**
 * The protocol between a command (such as `packetron status`) and a running application: each sends one line of JSON,
 * then the connection ends. Both lines contain the protocol's version, because the two programs may have different
 * versions of Packetron.
 */

import type { AddressInfo } from "node:net";
import { isAbsolute } from "node:path";
import type { PrimaryStatus } from "../cluster/process/status.ts";
import { isRecord } from "../errors/narrow.ts";
import type { RouteDescription } from "../routing/describe.ts";
import type { SharedStatus } from "../shared/shared-status.ts";

/** The version of the protocol. A message of another version is refused, with both versions in the reason. */
export const PROTOCOL = 1;

/** The longest request, in bytes. A request is one short JSON object. */
export const LARGEST_REQUEST: number = 4 * 1024;

/** The longest answer, in bytes: enough for some ten thousand routes. */
export const LARGEST_ANSWER: number = 16 * 1024 * 1024;

/** The commands that an application answers. */
export type ControlVerb = "status" | "routes" | "reload" | "stop" | "profile";

const VERBS: readonly ControlVerb[] = ["status", "routes", "reload", "stop", "profile"];

/** What the command "profile" asks for. */
export interface ProfileRequest {
  /** The `workerId` of the process: 0 for the primary, or the only process. */
  readonly worker: number;
  /** How long the profile takes. */
  readonly seconds: number;
  /** The absolute path of the file that the process writes. It must not exist. */
  readonly file: string;
}

/** A request of a command: what it wants, and for "profile" of what. */
export type ControlRequest =
  | { readonly verb: Exclude<ControlVerb, "profile"> }
  | { readonly verb: "profile"; readonly profile: ProfileRequest };

/** The longest profile, in seconds. It is kept in memory until it is written. */
export const LONGEST_PROFILE = 600;

/** The status of a running application, as the command "status" gets it. */
export interface ApplicationStatus extends PrimaryStatus {
  readonly name: string;
  /** The version of Node, such as `"v24.1.0"`. */
  readonly node: string;
  /** The shared services of each server that uses them. Applications of older versions do not send it. */
  readonly shared?: readonly SharedStatus[];
}

/** The routes of one server of an application. */
export interface ServerRoutes {
  /** The address on which the server listens; `null` while the server does not listen. */
  readonly address: AddressInfo | null;
  readonly routes: readonly RouteDescription[];
  /**
   * The names of the capabilities that look for a route when no entry of `routes` matches a request. One example is the
   * capability that serves files.
   */
  readonly resolvers: readonly string[];
}

/** The type of the value with which an application answers each command. */
export interface ControlValues {
  readonly status: ApplicationStatus;
  readonly routes: readonly ServerRoutes[];
  readonly reload: { readonly generation: number };
  /** The process that was profiled, and the size of the file in bytes. */
  readonly profile: { readonly pid: number; readonly bytes: number };
  /** `null`: the answer only says that the stop begins. The stop is complete when the process has exited. */
  readonly stop: null;
}

/** The answer of an application to a command: a value, or a refusal with its reason. */
export type ControlAnswer<Value = unknown> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: string };

/** Serialises a request as one line. */
export function writeRequest(request: ControlRequest): string {
  return `${JSON.stringify({ packetron: PROTOCOL, ...request })}\n`;
}

/** Parses a request. For a request that is not valid, returns a refusal with a reason for the sender. */
export function readRequest(line: string): ControlAnswer<ControlRequest> {
  const request = parseRecord(line);
  if (request === undefined || !("packetron" in request))
    return refusal("this is not a request of packetron");
  if (request["packetron"] !== PROTOCOL) return refusal(versionMismatch(request["packetron"], PROTOCOL));
  const verb = VERBS.find((known) => known === request["verb"]);
  if (verb === undefined) return refusal("the application does not know this command");
  if (verb !== "profile") return { ok: true, value: { verb } };
  const { profile } = request;
  return isProfileRequest(profile)
    ? { ok: true, value: { verb, profile } }
    : refusal(`a profile needs a worker, an absolute path, and at most ${LONGEST_PROFILE} seconds`);
}

function isProfileRequest(value: unknown): value is ProfileRequest {
  if (!isRecord(value)) return false;
  const { worker, seconds, file } = value;
  const isTime = typeof seconds === "number" && seconds > 0 && seconds <= LONGEST_PROFILE;
  return Number.isSafeInteger(worker) && isTime && typeof file === "string" && isAbsolute(file);
}

/** Serialises an answer as one line. An answer longer than {@link LARGEST_ANSWER} becomes a refusal. */
export function writeAnswer(answer: ControlAnswer): string {
  const text = `${JSON.stringify({ packetron: PROTOCOL, ...answer })}\n`;
  return Buffer.byteLength(text) <= LARGEST_ANSWER ? text : writeAnswer(refusal("the answer is too long"));
}

/** Parses the answer to a command, and checks the fields that commands read. */
export function readAnswer<Verb extends ControlVerb>(
  verb: Verb,
  line: string,
): ControlAnswer<ControlValues[Verb]> {
  const answer = parseRecord(line);
  if (answer === undefined) return refusal("the application gave an answer that is not readable");
  if (answer["packetron"] !== PROTOCOL) return refusal(versionMismatch(PROTOCOL, answer["packetron"]));
  const { ok, value, reason } = answer;
  if (ok !== true) return refusal(typeof reason === "string" ? reason : "the application gave no reason");
  return isValueOf(verb, value)
    ? { ok, value }
    : refusal(`the application's answer to ${verb} is not readable`);
}

/** Makes the answer that refuses a command, with the reason. */
export function refusal(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}

function versionMismatch(command: unknown, application: unknown): string {
  return `the command speaks version ${JSON.stringify(command)} of the protocol, the application version ${JSON.stringify(application)}: use the packetron command that is installed with the application`;
}

/**
 * Whether an application's answer has the lists that a command iterates over. Commands only print the remaining fields,
 * so they are not checked.
 */
function isValueOf<Verb extends ControlVerb>(verb: Verb, value: unknown): value is ControlValues[Verb] {
  if (verb === "stop") return value === null;
  if (verb === "routes")
    return (
      Array.isArray(value) &&
      value.every((server) => hasList(server, "routes") && hasTexts(server, "resolvers"))
    );
  if (verb === "profile")
    return isRecord(value) && typeof value["pid"] === "number" && typeof value["bytes"] === "number";
  if (verb === "status") {
    const hasShared = !isRecord(value) || value["shared"] === undefined || hasList(value, "shared");
    return hasList(value, "addresses") && hasList(value, "workers") && hasShared;
  }
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
