/** Helpers: a server in this process on a free port of 127.0.0.1, and raw requests to it. */
import { onTestFinished } from "vitest";
import type { ServerOptions } from "../src/config/options.ts";
import type { Logger } from "../src/log/logger.ts";
import { Packetron } from "../src/server/packetron.ts";
import { ask, field, type RawResponse } from "./_raw.ts";

/** One call of a logger. */
export interface LogLine {
  readonly level: keyof Logger;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A logger that keeps its lines. */
export function collectLog(): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: keyof Logger) => (fields: object, message: string) =>
    void lines.push({ level, fields: { ...fields }, message });
  return { logger: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") }, lines };
}

/** Makes a server that has not started yet. It stops at the end of the test. */
export function makeServer(options: ServerOptions = {}): {
  readonly server: Packetron;
  readonly lines: LogLine[];
} {
  const { logger, lines } = collectLog();
  const server = new Packetron({
    port: 0,
    host: "127.0.0.1",
    maxThreads: 1,
    idleGrace: 0,
    drainTimeout: 1000,
    logger,
    ...options,
  });
  onTestFinished(() => server.stop());
  return { server, lines };
}

/** Starts a server; `setUp` registers its routes. */
export async function startServer(
  setUp: (server: Packetron) => void = () => undefined,
  options: ServerOptions = {},
): Promise<{ readonly server: Packetron; readonly lines: LogLine[] }> {
  const made = makeServer(options);
  setUp(made.server);
  await made.server.start();
  // Every server logs its address. Remove that line, because tests compare the other lines.
  const announcement = made.lines.findIndex(({ message }) => message.startsWith("listening on "));
  made.lines.splice(announcement, 1);
  return made;
}

/** An answer as tests compare it. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly raw: RawResponse;
  /** The only value of a header. */
  header(name: string): string | undefined;
}

/** Sends one request on a connection of its own: method and target exactly as given. */
export async function send(
  server: Packetron,
  requestLine: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Promise<Answer> {
  const length = body === "" ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  const fields = Object.entries({ Host: "localhost", Connection: "close", ...length, ...headers });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const bytes = `${requestLine} HTTP/1.1\r\n${head}\r\n${body}`;
  const raw = await ask({ port: server.port }, bytes, requestLine.slice(0, requestLine.indexOf(" ")));
  return { status: raw.status, text: raw.body.toString(), raw, header: (name) => field(raw, name) };
}
