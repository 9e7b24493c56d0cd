/** Sends a command to a running application. */

import { connect } from "node:net";
import { errorReason } from "../errors/narrow.ts";
import {
  type ControlAnswer,
  type ControlValues,
  type ControlVerb,
  LARGEST_ANSWER,
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
export async function askApplication<Verb extends ControlVerb>(
  application: ApplicationRegistration,
  verb: Verb,
  timeout: number,
): Promise<ControlAnswer<ControlValues[Verb]>> {
  const socket = connect(application.socket);
  try {
    const line = readLine(socket, { bytes: LARGEST_ANSWER, time: timeout });
    socket.write(writeRequest(verb));
    return readAnswer(verb, await line);
  } catch (error) {
    const { name, identity } = application;
    return refusal(`${name} (process ${identity.pid}) does not answer: ${errorReason(error)}`);
  } finally {
    socket.on("error", () => {}).destroy();
  }
}
