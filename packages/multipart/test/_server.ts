/** A server that reads forms into a directory of its own, clients for it, and what they have left behind. */
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

/** Bound of every wait, in milliseconds. */
export const PATIENCE = 8_000;

/** What the default handler saw. */
export interface Report {
  readonly body: unknown;
  readonly files: Record<string, unknown>;
  /** Code of `getBodyError()`. */
  readonly error: string | null;
  /** Code of the rejection of `getBody()`. */
  readonly rejected: string | null;
  /** Limit events, in order. */
  readonly events: readonly (readonly unknown[])[];
}

/** An answer. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The text as the default handler wrote it. */
  readonly report: Report;
}

/** A running server. */
export interface FormServer {
  readonly server: Packetron;
  readonly port: number;
  readonly directory: string;
  /** What the handlers saw, also of requests that got no answer. */
  readonly reports: Report[];
  readonly warnings: readonly object[];
  /** Errors that were logged as the server's own. */
  readonly errors: readonly object[];
  /** Sentences of all log lines. */
  readonly messages: readonly string[];
  /** Posts a form and waits for the answer. */
  post(body: Uint8Array, options?: PostOptions): Promise<Answer>;
  /** Files below the directory, relative to it; directories that are only there to hold them do not count. */
  files(): string[];
  /** Open descriptors of files below the directory. */
  descriptors(): number;
  /** Waits until there are no files but these many, and no descriptors. */
  settled(files?: number): Promise<void>;
}

/** How to post. */
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

/** Starts a server with one POST route at `/`, which the end of the test stops. */
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

/** What `getBody()` and its relatives give, and the limit events that come to listeners added after the call. */
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
    // A refusal can come before the client is done; what it writes then may fail.
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
  return within(answered, "no answer came");
}

/** Sends the head and a part of the body, then leaves: politely, or with a reset. */
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

/** Waits for a condition. */
export async function until(condition: () => boolean, what: () => string = () => ""): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain; ${what()}`);
    await sleep(5);
  }
}

/** Bounds a wait. */
export async function within<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  const timer = new AbortController();
  const late = sleep(PATIENCE, undefined, { signal: timer.signal }).then(() => {
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
      return false; // the one that readdir itself had open
    }
  }).length;
}

function codeOf(error: unknown): string | null {
  if (error === null) return null;
  return isPacketronError(error) ? error.code : String(error);
}
