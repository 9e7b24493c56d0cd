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
  ownCard,
  placesOf,
  publishCard,
  withdrawCard,
} from "./registration-files.ts";

/** What the desk tells of one server, and does with it. */
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

/** Conversations at a time. */
const MOST_CONNECTIONS = 32;

const servers = new Set<ControlledServer>();
let desk: Promise<(() => void) | undefined> | undefined;

/**
 * Has a server controlled from outside; resolves when it can be found, or cannot be.
 *
 * @returns Takes it out again.
 */
export async function openControl(server: ControlledServer): Promise<() => Promise<void>> {
  servers.add(server);
  desk ??= openDesk(server.log);
  await desk;
  return async () => {
    servers.delete(server);
    if (servers.size > 0) return;
    const closing = desk;
    desk = undefined;
    (await closing)?.();
  };
}

/** Opens socket and card; resolves with what closes them. */
async function openDesk(log: Logger): Promise<(() => void) | undefined> {
  if (readVariable("PACKETRON_CONTROL") === "off") return undefined;
  try {
    const directory = openDirectory();
    listApplications(directory); // removes what killed ones left, so that it does not grow where no command is ever called
    const { card, socket } = placesOf(directory);
    const server = createServer((connection) => void converse(connection, log));
    server.maxConnections = MOST_CONNECTIONS;
    const close = (): void => {
      process.off("exit", close);
      server.close();
      withdrawCard(card, socket);
    };
    // Also when the process is ended from within: only a killed one leaves them, and those are told by their owner.
    process.on("exit", close);
    try {
      // The card first: a socket without a card would be nobody's.
      publishCard(card, ownCard(socket));
      await listen(server, socket);
    } catch (error) {
      close();
      throw error;
    }
    return close;
  } catch (error) {
    log.warn(
      { reason: errorReason(error) },
      "no control socket: packetron status, reload, stop and routes cannot find this application",
    );
    return undefined;
  }
}

async function listen(server: Server, path: string): Promise<void> {
  server.listen(path);
  server.unref();
  await once(server, "listening");
  server.on("error", () => {}); // an accept that fails, for want of descriptors above all: the command is told by its timeout
  if (process.platform !== "win32") fs.chmodSync(path, 0o600);
}

/** One request, one answer. */
async function converse(connection: Socket, log: Logger): Promise<void> {
  connection.on("error", () => {}); // whoever asked went away
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
      const own = { name: ownCard("").name, node: process.version };
      return { ok: true, value: { ...own, ...speaker.status(), addresses } };
    }
    case "routes":
      return { ok: true, value: await Promise.all([...servers].map(tellRoutes)) };
    case "reload": {
      const result = await speaker.reload();
      return result.ok ? { ok: true, value: { generation: result.generation } } : refusal(result.reason);
    }
    case "stop":
      return { ok: true, value: null };
  }
}

async function tellRoutes(server: ControlledServer): Promise<ServerRoutes> {
  return { address: server.address(), routes: await server.liveRoutes(), resolvers: server.resolvers() };
}

/** Ends as SIGTERM ends it, with all that is hooked to that signal; on Windows a real one would kill. */
function endProcess(log: Logger): void {
  log.info({}, "packetron stop was called");
  process.emit("SIGTERM", "SIGTERM");
}
