/** The server of a row: one server with one way of dispatch, and the record of everything it observes. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import type {
  Capability,
  Handler,
  PacketronRequest,
  PacketronResponse,
  ServerOptions,
} from "../../src/index.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import { Record as RequestRecord, showError } from "./_record.ts";
import type { Kit, Mode, Row, RowHandler, RowRoute, Watch } from "./_row.ts";

/** The records of the requests in the order of their arrival, and the log of the server. */
export interface History {
  readonly requests: readonly (readonly string[])[];
  readonly server: readonly string[];
  /** The exchanges as `settled()` reports them. */
  readonly settled: readonly string[];
}

/** A row's server, in this process or in another one. */
export interface Site {
  readonly port: number;
  /** Resolves when the server has read a number of bytes from the connection with this client port, or it has closed. */
  received(clientPort: number, bytes: number): Promise<void>;
  /**
   * Resolves when the row's listeners are attached to each received request. If a client in another process ended its
   * connection earlier, the end would not have a fixed order with listeners of a later turn.
   */
  watched(): Promise<void>;
  /** Waits for the end of the connections and of delayed work of the handlers, and stops the server. */
  close(): Promise<History>;
}

/** The limit of the wait for connections whose client has disconnected, in milliseconds. */
const TIMEOUT_MS = 3_000;

/** Starts the server of a row, which stops with its site. */
export async function openSite(
  kit: Kit,
  row: Row,
  mode: Mode,
  watch: Watch,
  more: ServerOptions = {},
  turns = 1,
): Promise<Site> {
  const server = await RowServer.start(kit, row, mode, more);
  return server.open(row, watch, turns, () => server.stop());
}

/** What a row has observed of its server so far. */
class Observations {
  readonly records: RequestRecord[] = [];
  readonly unwatched = new Set<RequestRecord>();
  readonly pending = new Set<Promise<unknown>>();
  readonly lines: string[] = [];
  readonly settled: string[] = [];
  /** The connections by the ports of their clients. */
  readonly sockets = new Map<number, Socket>();

  note(line: string): void {
    this.lines.push(line);
  }
}

/** A server that one row after another may use. */
export class RowServer {
  readonly #server: Packetron;
  #observed = new Observations();
  #handlers: Readonly<Record<string, Handler>> = {};

  private constructor(kit: Kit, row: Row, mode: Mode, more: ServerOptions) {
    this.#server = new kit.Packetron({
      lingerTimeout: 300,
      ...row.options?.(kit),
      ...more,
      capabilities: [
        ...(row.options?.(kit).capabilities ?? []),
        noteSettled((line) => this.#observed.settled.push(line)),
      ],
      port: 0,
      host: "127.0.0.1",
      maxThreads: 1,
      idleGrace: 0,
      drainTimeout: 1_000,
      dispatch: mode,
      logger: noteLog(this.#note),
    });
    this.#server.on("error", (error) => this.#note(`reported ${showError(error)}`));
    this.#addRoutes(kit, row);
    row.setUp?.(this.#server, kit, this.#note);
  }

  /** Starts a server with the options and the routes of a row. */
  static async start(kit: Kit, row: Row, mode: Mode, more: ServerOptions = {}): Promise<RowServer> {
    const server = new RowServer(kit, row, mode, more);
    subscribe("net.server.socket", server.#keep);
    await server.#server.start();
    return server;
  }

  async stop(): Promise<void> {
    unsubscribe("net.server.socket", this.#keep);
    await this.#server.stop();
  }

  /**
   * Lets a row with the same routes use the server, until its site closes.
   *
   * @param turns After how many turns of the event loop an answer has been flushed.
   * @param end Ends the row's use of the server, with what the server has logged or reported.
   */
  open(row: Row, watch: Watch, turns: number, end: (log: readonly string[]) => Promise<void>): Site {
    const observed = new Observations();
    this.#observed = observed;
    this.#handlers = Object.fromEntries(
      routesOf(row).map(([path, { handler }]) => [path, stage(handler, observed, watch, turns)]),
    );
    const { records, unwatched, pending, lines, settled, sockets } = observed;
    return {
      port: this.#server.port,
      async received(clientPort, bytes) {
        for (const end = Date.now() + TIMEOUT_MS; Date.now() < end; await turn()) {
          const socket = sockets.get(clientPort);
          if (socket === undefined || (socket.bytesRead < bytes && !socket.destroyed)) continue;
          for (let count = 1; count < turns; count++) await turn(); // a pending answer has been flushed by then
          return;
        }
        observed.note("the server has stopped reading");
      },
      async watched() {
        while (unwatched.size > 0) await turn();
      },
      async close() {
        for (const end = Date.now() + TIMEOUT_MS; Date.now() < end && [...sockets.values()].some(isOpen); )
          await turn();
        for (const socket of [...sockets.values()].filter(isOpen)) {
          observed.note("a connection stayed open after its client");
          socket.destroy();
        }
        while (pending.size > 0) await Promise.all(pending);
        for (let count = 0; count < 3; count++) await turn();
        await end(lines);
        for (const record of records) record.conclude();
        return { requests: records.map((record) => record.lines), server: lines, settled };
      },
    };
  }

  #addRoutes(kit: Kit, row: Row): void {
    const { GET, POST } = kit.PacketronRequestMethod;
    for (const [routePath, { options }] of routesOf(row)) {
      const handler: Handler = (request, response) => this.#handlers[routePath]?.(request, response);
      for (const method of [GET, POST])
        this.#server.handle({ ...(options?.(kit) ?? {}), routePath, method, handler });
    }
    this.#server.handle({
      routePath: "/probe",
      handler: (_request, response) => response.sendTextPlain("probe"),
    });
  }

  readonly #note = (line: string): void => this.#observed.note(line);

  readonly #keep = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort === this.#server.port) this.#observed.sockets.set(socket.remotePort ?? 0, socket);
  };
}

/** The routes of a row by their paths. */
export function routesOf({ handler, routes }: Row): [path: string, route: RowRoute][] {
  const all = { ...(handler === undefined ? {} : { "/": handler }), ...routes };
  return Object.entries(all).map(([path, route]) => [
    path,
    typeof route === "function" ? { handler: route } : route,
  ]);
}

/** Gives each request of a handler a record. */
function stage(handler: RowHandler, observed: Observations, watch: Watch, turns: number): Handler {
  const { records, unwatched, pending } = observed;
  return (request, response) => {
    const record = new RequestRecord(request, response, pending);
    records.push(record);
    unwatched.add(record);
    afterTurns(turns, () => watchInTurn(record, watch, () => unwatched.delete(record)));
    return perform(handler, request, response, record, watch);
  };
}

/** Attaches the listeners of the row at their instant, and calls back a turn after that. */
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
    record.snapshot("after the handler");
    if (watch === "after") record.watch(watch);
  }
}

/** A capability that notes each exchange, and adds nothing that a request could notice. */
function noteSettled(note: (line: string) => void): Capability {
  return {
    name: "settled-notes",
    install(host) {
      host.settled(({ request, route, method, status, bytesIn, bytesOut, duration, aborted }) => {
        // How much of an answer the system has taken when its connection closes differs, also from run to run.
        const bytes = `${bytesIn} bytes in, ${aborted ? "some" : bytesOut} bytes out`;
        const time = duration >= 0 && duration < TIMEOUT_MS * 2 ? "" : ` after ${duration} ms`;
        note(`${method} ${request.url} of ${route}: ${status}, ${bytes}${aborted ? ", aborted" : ""}${time}`);
      });
    },
  };
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
