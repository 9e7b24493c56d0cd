/** The server side of a row: one server with one way of dispatch, and the record of everything that it sees. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import type { Handler, PacketronRequest, PacketronResponse, ServerOptions } from "../../src/index.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import { Record as RequestRecord, showError } from "./_record.ts";
import type { Kit, Mode, Row, RowHandler, RowRoute, Watch } from "./_row.ts";

/** What happened: by request, in the order of their arrival, and what the server said. */
export interface History {
  readonly requests: readonly (readonly string[])[];
  readonly server: readonly string[];
}

/** A row's server, wherever it runs. */
export interface Site {
  readonly port: number;
  /** Resolves when the server has read so many bytes from the connection with this client port, or it is gone. */
  received(clientPort: number, bytes: number): Promise<void>;
  /**
   * Resolves when the row's listeners are there for each request that has come. A client in another process that ended its
   * connection earlier would come before those of a later turn, or behind them, as it likes.
   */
  watched(): Promise<void>;
  /** Waits for the end of the connections and of what handlers do later, and stops the server. */
  close(): Promise<History>;
}

/** Bound of the wait for connections whose client has left, in milliseconds. */
const PATIENCE = 3_000;

/**
 * Starts a row's server.
 *
 * @param turns How many turns of the event loop later an answer is out.
 */
export async function openSite(
  kit: Kit,
  row: Row,
  mode: Mode,
  watch: Watch,
  more: ServerOptions = {},
  turns = 1,
): Promise<Site> {
  const records: RequestRecord[] = [];
  const unwatched = new Set<RequestRecord>();
  const pending = new Set<Promise<unknown>>();
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const server = new kit.Packetron({
    lingerTimeout: 300,
    ...row.options?.(kit),
    ...more,
    port: 0,
    host: "127.0.0.1",
    maxThreads: 1,
    idleGrace: 0,
    drainTimeout: 1_000,
    dispatch: mode,
    logger: noteLog(note),
  });
  server.on("error", (error) => note(`reported ${showError(error)}`));

  const staged = (handler: RowHandler): Handler => {
    return (request, response) => {
      const record = new RequestRecord(request, response, pending);
      records.push(record);
      unwatched.add(record);
      afterTurns(turns, () => watchInTurn(record, watch, () => unwatched.delete(record)));
      return perform(handler, request, response, record, watch);
    };
  };
  addRoutes(server, kit, row, staged);
  row.setUp?.(server, kit, note);

  const sockets = new Map<number, Socket>();
  const keep = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort === server.port) sockets.set(socket.remotePort ?? 0, socket);
  };
  subscribe("net.server.socket", keep);
  await server.start();

  return {
    port: server.port,
    async received(clientPort, bytes) {
      for (const end = Date.now() + PATIENCE; Date.now() < end; await turn()) {
        const socket = sockets.get(clientPort);
        if (socket === undefined || (socket.bytesRead < bytes && !socket.destroyed)) continue;
        for (let count = 1; count < turns; count++) await turn(); // an answer that is due is out by then
        return;
      }
      note("the server has stopped reading");
    },
    async watched() {
      while (unwatched.size > 0) await turn();
    },
    async close() {
      for (const end = Date.now() + PATIENCE; Date.now() < end && [...sockets.values()].some(isOpen); )
        await turn();
      for (const socket of [...sockets.values()].filter(isOpen)) {
        note("a connection stayed open behind its client");
        socket.destroy();
      }
      while (pending.size > 0) await Promise.all(pending);
      for (let count = 0; count < 3; count++) await turn();
      unsubscribe("net.server.socket", keep);
      await server.stop();
      for (const record of records) record.conclude();
      return { requests: records.map((record) => record.lines), server: lines };
    },
  };
}

/** Looks at the request, and calls back a turn behind that: then no listener is missing any more. */
function watchInTurn(record: RequestRecord, watch: Watch, watched: () => void): void {
  record.snapshot("a turn later");
  setImmediate(() => {
    if (watch === "late") record.watch(watch);
    watched();
  });
}

function afterTurns(turns: number, act: () => void): void {
  setImmediate(() => (turns === 1 ? act() : afterTurns(turns - 1, act)));
}

function perform(
  handler: RowHandler,
  request: PacketronRequest,
  response: PacketronResponse,
  record: RequestRecord,
  watch: Watch,
): unknown {
  if (watch.endsWith("before")) record.watch(watch);
  try {
    return handler(request, response, record);
  } finally {
    record.snapshot("behind the handler");
    if (watch === "after") record.watch(watch);
  }
}

function addRoutes(server: Packetron, kit: Kit, row: Row, staged: (handler: RowHandler) => Handler): void {
  const routes = { ...(row.handler === undefined ? {} : { "/": row.handler }), ...row.routes };
  for (const [routePath, route] of Object.entries(routes)) {
    const { handler, options }: RowRoute = typeof route === "function" ? { handler: route } : route;
    for (const method of [kit.PacketronRequestMethod.GET, kit.PacketronRequestMethod.POST])
      server.handle({ ...(options?.(kit) ?? {}), routePath, method, handler: staged(handler) });
  }
  server.handle({ routePath: "/probe", handler: (_request, response) => response.sendTextPlain("probe") });
}

function noteLog(note: (line: string) => void): NonNullable<ServerOptions["logger"]> {
  const at =
    (level: string) =>
    (fields: object, message: string): void => {
      if (level !== "debug" && !message.startsWith("listening on "))
        note(`${level}: ${message} ${showError(Reflect.get(fields, "err"))}`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function isOpen(socket: Socket): boolean {
  return !socket.closed;
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
