/** A server that stores forms in its own directory, clients for it, and checks of the files that they leave. */
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from "node:fs";
import { request as startRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  isPacketronError,
  type Logger,
  Packetron,
  type PacketronRequest,
  PacketronRequestMethod,
  type RouteOptions,
  type ServerOptions,
} from "@packetron/core";
import { onTestFinished } from "vitest";
import { type FileSystem, nodeFileSystem } from "../src/files/file-system.ts";
import { createMultipart } from "../src/multipart.ts";
import { FORM_TYPE } from "./_forms.ts";

/** Time limit of every wait, in milliseconds. */
export const TIMEOUT_MS = 20_000;

/** What the default handler saw of one request. */
export interface Report {
  readonly body: unknown;
  readonly files: Record<string, unknown>;
  /** The code of `getBodyError()`; `null` without an error. */
  readonly error: string | null;
  /** The code with which `getBody()` rejected; `null` when it did not. */
  readonly rejected: string | null;
  /** The limit events with their arguments, in their order. */
  readonly events: readonly (readonly unknown[])[];
}

/** An answer of the server. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The parsed text, as the default handler wrote it. */
  readonly report: Report;
}

/** A running server. */
export interface FormServer {
  readonly server: Packetron;
  readonly port: number;
  readonly directory: string;
  /** The reports of the handlers, including those of requests that got no answer. */
  readonly reports: Report[];
  /** Fields of the log lines at the level `warn`. */
  readonly warnings: readonly object[];
  /** Fields of the log lines at the level `error`. */
  readonly errors: readonly object[];
  /** Messages of all log lines. */
  readonly messages: readonly string[];
  /** Posts a form and waits for the answer. */
  post(body: Uint8Array, options?: PostOptions): Promise<Answer>;
  /** Paths of the files below the directory, relative to it, without directories. */
  files(): string[];
  /** Number of open descriptors of files below the directory. */
  descriptors(): number;
  /** Waits until exactly this many files exist, and none of them is open. */
  settled(files?: number): Promise<void>;
}

/** Options of {@link post}. */
export interface PostOptions {
  readonly type?: string;
  readonly path?: string;
  /** Sends this many bytes at a time. */
  readonly step?: number;
}

export const limitEvents = [
  "multipart-file-limit",
  "multipart-files-limit",
  "multipart-fields-limit",
  "multipart-parts-limit",
] as const;

/** Starts a server with one POST route at `/`. The end of the test stops it. */
export async function startForms(
  route: Partial<RouteOptions>,
  options: ServerOptions & { readonly fileSystem?: Partial<FileSystem>; readonly directory?: string } = {},
): Promise<FormServer> {
  const { fileSystem, directory: given, ...serverOptions } = options;
  const directory = given ?? makeDirectory();
  const lines: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields, message });
  const logger: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const server = new Packetron({
    host: "127.0.0.1",
    port: 0,
    maxThreads: 1,
    idleGrace: 0,
    drainTimeout: 1_000,
    logger,
    capabilities: [
      createMultipart({ fileStorageDirectory: directory }, { ...nodeFileSystem, ...fileSystem }),
    ],
    ...serverOptions,
  });
  const reports: Report[] = [];
  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: "/",
    handler: async (request, response) => {
      const report = await readForm(request);
      reports.push(report);
      response.sendJson(report);
    },
    ...route,
  });
  await server.start();
  onTestFinished(async () => {
    await server.stop();
    if (given === undefined) rmSync(directory, { recursive: true, force: true });
  });
  const left = (): string =>
    `${server.port}: ${filesBelow(directory).join(", ")}; ${descriptorsBelow(directory)} open`;
  return {
    server,
    port: server.port,
    directory,
    reports,
    get warnings() {
      return lines.filter(({ level }) => level === "warn").map(({ fields }) => fields);
    },
    get errors() {
      return lines.filter(({ level }) => level === "error").map(({ fields }) => fields);
    },
    get messages() {
      return lines.map(({ message }) => message);
    },
    post: (body, postOptions) => post(server.port, body, postOptions),
    files: () => filesBelow(directory),
    descriptors: () => descriptorsBelow(directory),
    settled: (files = 0) =>
      until(() => filesBelow(directory).length === files && descriptorsBelow(directory) === 0, left),
  };
}

/** Reads a form, and records the limit events that listeners get when they are added after `getBody()`. */
export async function readForm(request: PacketronRequest): Promise<Report> {
  const events: unknown[][] = [];
  const reading = request.getBody();
  for (const event of limitEvents) request.on(event, (...args: unknown[]) => events.push([event, ...args]));
  try {
    const body = await reading;
    const files = await request.getFiles<Record<string, unknown>>();
    const error = codeOf(await request.getBodyError());
    await new Promise((resolve) => setImmediate(resolve));
    return { body, files, error, rejected: null, events };
  } catch (error) {
    return {
      body: null,
      files: {},
      error: codeOf(await request.getBodyError()),
      rejected: codeOf(error),
      events,
    };
  }
}

/** Posts a body on a connection of its own. */
export async function post(port: number, body: Uint8Array, options: PostOptions = {}): Promise<Answer> {
  const { type = FORM_TYPE, path = "/", step = body.length } = options;
  const request = startRequest({ host: "127.0.0.1", port, path, method: "POST", agent: false });
  request.setHeader("Content-Type", type);
  request.setHeader("Content-Length", body.length);
  request.setNoDelay(true);
  const answered = new Promise<Answer>((resolve, reject) => {
    // A refusal can arrive before the client has sent everything. Its further writes may fail then.
    request.on("error", reject).once("response", async (response) => {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      const report = text.startsWith("{") ? JSON.parse(text) : null;
      resolve({ status: response.statusCode ?? 0, text, report });
    });
  });
  for (let start = 0; start < body.length && !request.destroyed; start += step) {
    request.write(body.subarray(start, start + step));
    if (step < body.length) await new Promise((resolve) => setImmediate(resolve));
  }
  request.end();
  return within(answered, "no answer arrived");
}

/** Sends the head and a part of the body, then closes the connection with FIN or RST. */
export async function postAndLeave(
  port: number,
  body: Buffer,
  bytes: number,
  by: "FIN" | "RST",
): Promise<void> {
  const socket = await postPart(port, body, bytes);
  if (by === "RST") socket.resetAndDestroy();
  else socket.end();
  socket.resume();
  if (!socket.destroyed) await within(once(socket, "close"), "the connection did not close");
}

/** Sends the head and a part of the body. */
export async function postPart(port: number, body: Buffer, bytes: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: ${body.length}\r\n\r\n`;
  await new Promise<void>((resolve) => {
    socket.write(Buffer.concat([Buffer.from(head), body.subarray(0, bytes)]), () => resolve());
  });
  return socket;
}

/** A new directory, which the end of the test removes. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "packetron-forms-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Waits until a condition holds, at most {@link TIMEOUT_MS}. */
export async function until(condition: () => boolean, what: () => string = () => ""): Promise<void> {
  const end = performance.now() + TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`the condition did not hold in time; ${what()}`);
    await sleep(5);
  }
}

/** Waits for a promise, at most {@link TIMEOUT_MS}. */
export async function within<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  const timer = new AbortController();
  const late = sleep(TIMEOUT_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(what);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true })
    .map(String)
    .filter((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile() === true);
}

function descriptorsBelow(directory: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(join("/proc/self/fd", fd)).startsWith(directory);
    } catch {
      return false; // the descriptor that readdir itself had open
    }
  }).length;
}

function codeOf(error: unknown): string | null {
  if (error === null) return null;
  return isPacketronError(error) ? error.code : String(error);
}
