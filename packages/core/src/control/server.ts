/**
 * Where a running application is asked: one local socket for all servers of the process, as long as one of them runs. The
 * directory it is in belongs to this user alone, so nobody else can connect. An application runs without it, too: when it
 * cannot be made there is a warning.
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
import {
  type ControlAnswer,
  type ControlVerb,
  LARGEST_REQUEST,
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

/** What the control server says of one server, and does with it. */
export interface ControlledServer {
  readonly role: ProcessRole;
  readonly log: Logger;
  address(): AddressInfo | null;
  /** Of the whole process: servers that share workers give the same. */
  status(): PrimaryStatus | undefined;
  /** As a process that serves has them. */
  liveRoutes(): Promise<readonly RouteDescription[]>;
  /** The capabilities that look for a route where there is none. */
  resolvers(): readonly string[];
  reload(): Promise<ReloadResult>;
}

/** Milliseconds that a request may take to arrive. */
const REQUEST_TIME = 5_000;

/** Connections at a time. */
const MAX_CONNECTIONS = 32;

const servers = new Set<ControlledServer>();
let opening: Promise<ControlServer | undefined> | undefined;

/**
 * Makes a server controllable from outside; resolves when it can be found, or when that failed.
 *
 * @returns Takes the server out again; the last one closes the control server.
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

/** Without a control server the application still runs: a failure is logged. */
async function openControlServer(log: Logger): Promise<ControlServer | undefined> {
  if (readVariable("PACKETRON_CONTROL") === "off") return undefined;
  try {
    const directory = openDirectory();
    listApplications(directory); // removes what killed ones left, so that it does not grow where no command is ever called
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

  /** Resolves when commands can find the application; leaves nothing when that fails. */
  async open(): Promise<void> {
    // Also when the process is ended from within: only a killed one leaves files, and those are recognised by their owner.
    process.on("exit", this.close);
    try {
      // The file first: a socket without a registration file would stay for ever.
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
  server.on("error", () => {}); // an accept that fails, for want of descriptors above all: the command is told by its timeout
  if (process.platform !== "win32") fs.chmodSync(path, 0o600);
}

/** One request, one answer. */
async function handleConnection(connection: Socket, log: Logger): Promise<void> {
  connection.on("error", () => {}); // the command has closed its connection
  try {
    const request = readRequest(await readLine(connection, { bytes: LARGEST_REQUEST, time: REQUEST_TIME }));
    const answer = request.ok ? await answerTo(request.value) : request;
    const ending = request.ok && request.value === "stop";
    connection.end(writeAnswer(answer), () => ending && endProcess(log));
  } catch (error) {
    connection.end(writeAnswer(refusal(errorReason(error))));
  }
}

async function answerTo(verb: ControlVerb): Promise<ControlAnswer> {
  // The one that supervises workers speaks for a program that has others beside it.
  const speaker = [...servers].find(({ role }) => role === "primary") ?? [...servers][0];
  if (speaker === undefined) return refusal("the application has stopped");
  switch (verb) {
    case "status": {
      const addresses = [...servers].flatMap((server) => server.address() ?? []);
      const own = { name: ownRegistration("").name, node: process.version };
      return { ok: true, value: { ...own, ...speaker.status(), addresses } };
    }
    case "routes":
      return { ok: true, value: await Promise.all([...servers].map(describeRoutes)) };
    case "reload": {
      const result = await speaker.reload();
      return result.ok ? { ok: true, value: { generation: result.generation } } : refusal(result.reason);
    }
    case "stop":
      return { ok: true, value: null };
  }
}

async function describeRoutes(server: ControlledServer): Promise<ServerRoutes> {
  return { address: server.address(), routes: await server.liveRoutes(), resolvers: server.resolvers() };
}

/** Ends as SIGTERM ends it, with all that is hooked to that signal; on Windows a real one would kill. */
function endProcess(log: Logger): void {
  log.info({}, "packetron stop was called");
  process.emit("SIGTERM", "SIGTERM");
}
