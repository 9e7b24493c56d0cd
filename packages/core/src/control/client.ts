/** Asks a running application. */
import { connect } from "node:net";
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
import type { ApplicationCard } from "./registration-files.ts";

/**
 * Asks one thing of an application. Never rejects: an application that does not answer is a refusal with the reason.
 *
 * @param timeout How long the answer may take, in milliseconds.
 * @example
 * const [application] = listApplications();
 * if (application !== undefined) console.log(await askApplication(application, "status", 5_000));
 */
export async function askApplication<Verb extends ControlVerb>(
  application: ApplicationCard,
  verb: Verb,
  timeout: number,
): Promise<ControlAnswer<ControlValues[Verb]>> {
  const socket = connect(application.socket);
  try {
    const line = readLine(socket, { bytes: LARGEST_ANSWER, time: timeout });
    socket.write(writeRequest(verb));
    return readAnswer(verb, await line);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refusal(`${application.name} (process ${application.identity.pid}) does not answer: ${reason}`);
  } finally {
    socket.on("error", () => {}).destroy();
  }
}
