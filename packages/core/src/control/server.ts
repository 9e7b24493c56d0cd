/**
 * The control server of a running application receives commands on one local socket for all servers of the process. The
 * socket is open while at least one of the servers runs. Only this user can enter the directory of the socket, so other
 * users cannot connect. An application also runs without the socket: a failure to open it is logged as a warning.
 */

import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import type { ProcessRole, ReloadResult } from "../cluster/process/lifecycle.ts";
import type { PrimaryStatus } from "../cluster/process/status.ts";
import { readVariable } from "../config/environment.ts";
import { errorReason } from "../errors/narrow.ts";
import type { Logger } from "../log/logger.ts";
import { fs } from "../node/modules.ts";
import type { RouteDescription } from "../routing/describe.ts";
import type { SharedStatus } from "../shared/shared-status.ts";
import {
  type ControlAnswer,
  type ControlRequest,
  type ControlValues,
  LARGEST_REQUEST,
  type ProfileRequest,
  readRequest,
  refusal,
  type ServerRoutes,
  writeAnswer,
} from "./protocol.ts";
import { readLine } from "./read-line.ts";
import {
  listApplications,
  openDirectory,
  ownRegistration,
  publishRegistration,
  registrationPaths,
  withdrawRegistration,
} from "./registration-files.ts";

/** What the control server needs of an HTTP server: reports for commands, and orders that a command can give. */
export interface ControlledServer {
  readonly role: ProcessRole;
  readonly log: Logger;
  address(): AddressInfo | null;
  /** The status of the whole program. Servers that share workers return the same status. */
  status(): PrimaryStatus | undefined;
  /** What the processes of the server share; `null` while they share nothing. */
  sharedStatus(): SharedStatus | null;
  /** The routes of a process that answers requests: of a worker, or of the only process. */
  liveRoutes(): Promise<readonly RouteDescription[]>;
  /** The names of the capabilities that look for a route when the router finds no match. */
  resolvers(): readonly string[];
  reload(): Promise<ReloadResult>;
  /** Takes a CPU profile of a process of the program. */
  profile(request: ProfileRequest): Promise<ControlAnswer<ControlValues["profile"]>>;
}

/** How long the request of a command may take to arrive, in milliseconds. */
const REQUEST_TIMEOUT = 5_000;

/** The largest number of commands that may be connected at a time. */
const MAX_CONNECTIONS = 32;

const servers = new Set<ControlledServer>();
let opening: Promise<ControlServer | undefined> | undefined;

/**
 * Lets commands control a server. The first call opens the control server of this process. Resolves when commands can
 * find the application, or when opening has failed.
 *
 * @returns A function that removes the server again; with the last server it closes the control server.
 */
export async function openControl(server: ControlledServer): Promise<() => Promise<void>> {
  servers.add(server);
  opening ??= openControlServer(server.log);
  await opening;
  return async () => {
    servers.delete(server);
    if (servers.size > 0) return;
    const last = opening;
    opening = undefined;
    (await last)?.close();
  };
}

/** Opens the control server. A failure is only logged, because the application can run without a control server. */
async function openControlServer(log: Logger): Promise<ControlServer | undefined> {
  if (readVariable("PACKETRON_CONTROL") === "off") return undefined;
  try {
    const directory = openDirectory();
    // Removes the files of killed processes. Otherwise the directory would grow on a machine on which users never call
    // a command.
    listApplications(directory);
    const control = new ControlServer(directory, log);
    await control.open();
    return control;
  } catch (error) {
    log.warn(
      { reason: errorReason(error) },
      "no control socket: packetron status, reload, stop and routes cannot find this application",
    );
    return undefined;
  }
}

/** The socket of this process, and the registration file that leads to it. */
class ControlServer {
  readonly #file: string;
  readonly #socket: string;
  readonly #server: Server;

  constructor(directory: string, log: Logger) {
    const { file, socket } = registrationPaths(directory);
    this.#file = file;
    this.#socket = socket;
    this.#server = createServer((connection) => void handleConnection(connection, log));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * Opens the socket and writes the registration file; resolves when commands can find the application. If opening
   * fails, no file is left.
   */
  async open(): Promise<void> {
    // process.exit() must remove the files, too. A killed process leaves its files; the process identity in them shows
    // that the process is dead.
    process.on("exit", this.close);
    try {
      // The registration file is written first: a later process finds and removes a socket of a killed process only
      // through that file.
      publishRegistration(this.#file, ownRegistration(this.#socket));
      await listen(this.#server, this.#socket);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  readonly close = (): void => {
    process.off("exit", this.close);
    this.#server.close();
    withdrawRegistration(this.#file, this.#socket);
  };
}

async function listen(server: Server, path: string): Promise<void> {
  server.listen(path);
  server.unref();
  await once(server, "listening");
  // An accept may fail, mostly for lack of file descriptors. The command notices that by its timeout.
  server.on("error", () => {});
  if (process.platform !== "win32") fs.chmodSync(path, 0o600);
}

/** Reads one request from a command, and answers the command. */
async function handleConnection(connection: Socket, log: Logger): Promise<void> {
  connection.on("error", () => {}); // the command has closed its connection
  try {
    const request = readRequest(
      await readLine(connection, { bytes: LARGEST_REQUEST, time: REQUEST_TIMEOUT }),
    );
    const answer = request.ok ? await answerTo(request.value) : request;
    const ending = request.ok && request.value.verb === "stop";
    connection.end(writeAnswer(answer), () => ending && endProcess(log));
  } catch (error) {
    connection.end(writeAnswer(refusal(errorReason(error))));
  }
}

async function answerTo(request: ControlRequest): Promise<ControlAnswer> {
  // A program may have several servers. A server that supervises workers answers for all of them.
  const speaker = [...servers].find(({ role }) => role === "primary") ?? [...servers][0];
  if (speaker === undefined) return refusal("the application has stopped");
  switch (request.verb) {
    case "status": {
      const addresses = [...servers].flatMap((server) => server.address() ?? []);
      const own = { name: ownRegistration("").name, node: process.version };
      const shared = [...servers].flatMap((server) => server.sharedStatus() ?? []);
      return { ok: true, value: { ...own, ...speaker.status(), addresses, shared } };
    }
    case "routes":
      return { ok: true, value: await Promise.all([...servers].map(describeRoutes)) };
    case "reload": {
      const result = await speaker.reload();
      return result.ok ? { ok: true, value: { generation: result.generation } } : refusal(result.reason);
    }
    case "profile":
      return speaker.profile(request.profile);
    case "stop":
      return { ok: true, value: null };
  }
}

async function describeRoutes(server: ControlledServer): Promise<ServerRoutes> {
  return { address: server.address(), routes: await server.liveRoutes(), resolvers: server.resolvers() };
}

/** Stops the process by calling all listeners of SIGTERM. A real SIGTERM would kill the process on Windows. */
function endProcess(log: Logger): void {
  log.info({}, "packetron stop was called");
  process.emit("SIGTERM", "SIGTERM");
}
