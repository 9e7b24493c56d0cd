/** Sends a command to a running application. */

import { connect } from "node:net";
import { errorReason } from "../errors/narrow.ts";
import {
  type ControlAnswer,
  type ControlRequest,
  type ControlValues,
  type ControlVerb,
  LARGEST_ANSWER,
  type ProfileRequest,
  readAnswer,
  refusal,
  writeRequest,
} from "./protocol.ts";
import { readLine } from "./read-line.ts";
import type { ApplicationRegistration } from "./registration-files.ts";

/**
 * Sends one command to a running application, and resolves with its answer. Never rejects: if the application does not
 * answer, the result is a refusal with the reason.
 *
 * @param timeout How long the answer may take, in milliseconds.
 * @example
 * const [application] = listApplications();
 * if (application !== undefined) console.log(await askApplication(application, "status", 5_000));
 */
export function askApplication<Verb extends Exclude<ControlVerb, "profile">>(
  application: ApplicationRegistration,
  verb: Verb,
  timeout: number,
): Promise<ControlAnswer<ControlValues[Verb]>> {
  return send(application, verb, { verb }, timeout);
}

/**
 * Takes a CPU profile of one process of a running application. The process writes it into a file, as `.cpuprofile` of
 * Chrome and editors.
 *
 * @param timeout How long the answer may take, in milliseconds: longer than the profile.
 * @returns Never rejects: as {@link askApplication}.
 * @example
 * await profileApplication(application, { worker: 1, seconds: 10, file: "/tmp/shop.cpuprofile" }, 20_000);
 */
export function profileApplication(
  application: ApplicationRegistration,
  profile: ProfileRequest,
  timeout: number,
): Promise<ControlAnswer<ControlValues["profile"]>> {
  return send(application, "profile", { verb: "profile", profile }, timeout);
}

async function send<Verb extends ControlVerb>(
  application: ApplicationRegistration,
  verb: Verb,
  request: ControlRequest,
  timeout: number,
): Promise<ControlAnswer<ControlValues[Verb]>> {
  const socket = connect(application.socket);
  try {
    const line = readLine(socket, { bytes: LARGEST_ANSWER, time: timeout });
    socket.write(writeRequest(request));
    return readAnswer(verb, await line);
  } catch (error) {
    const { name, identity } = application;
    return refusal(`${name} (process ${identity.pid}) does not answer: ${errorReason(error)}`);
  } finally {
    socket.on("error", () => {}).destroy();
  }
}
