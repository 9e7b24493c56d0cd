/** Helpers of the tests: a server with `stream()`, and clients that see how an answer ends. */
import { EventEmitter, once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import type { Capability, Handler, Packetron, ServerOptions } from "@packetron/core";
import { onTestFinished } from "vitest";
import { makeServer as make } from "../../core/test/_server.ts";
import { stream } from "../src/index.ts";

/** A line of the server's log. */
export interface LogLine {
  readonly level: string;
  readonly fields: {
    readonly err?: { readonly code?: string; readonly message: string };
    readonly code?: string;
  };
}

/** A server, and what it has logged. */
export interface Started {
  readonly server: Packetron;
  /** The lines of warnings and errors. */
  readonly lines: LogLine[];
}

/** The way of dispatch, and other options. */
type Options = ServerOptions & { readonly others?: readonly Capability[] };

/** Starts a server with `stream()` that stops at the end of the test. The handler answers `GET /a`. */
export async function startServer(
  handler: Handler,
  { others = [], ...options }: Options = {},
): Promise<Started> {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object) => void lines.push({ level, fields });
  const { server } = make({
    logger: { debug: () => {}, info: () => {}, warn: at("warn"), error: at("error") },
    ...options,
    capabilities: [stream(), ...others],
  });
  server.handle({ routePath: "a", handler });
  await server.start();
  return { server, lines };
}

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Whether the answer has ended, and its connection was not cut before. */
  readonly isComplete: boolean;
}

/** Sends a request on a connection of its own, and waits for the end of the answer. */
export async function ask(
  { server }: Pick<Started, "server">,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<Answer> {
  const answer = await open(server, headers, method);
  const body = await readToEnd(answer);
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    body,
    isComplete: answer.complete,
  };
}

/** Sends a request, and waits for the head of the answer. */
export async function open(
  server: Packetron,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<IncomingMessage> {
  const sent = request({ host: "127.0.0.1", port: server.port, path: "/a", method, headers, agent: false });
  onTestFinished(() => void sent.destroy());
  sent.setTimeout(10_000, () => sent.destroy(new Error("no answer in 10 s")));
  sent.end();
  const [answer]: IncomingMessage[] = await once(sent, "response");
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

/** Reads text until the answer ends, or is cut. */
export async function readToEnd(answer: IncomingMessage): Promise<string> {
  let text = "";
  answer.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  answer.on("error", () => undefined); // a cut answer is not complete
  answer.resume();
  if (!answer.closed) await new Promise((resolve) => answer.once("close", resolve));
  return text;
}

/** Reads text until it contains a part, or the answer ends. */
export async function readUntil(answer: IncomingMessage, part: string): Promise<string> {
  let text = "";
  const read = new EventEmitter();
  answer.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.includes(part)) read.emit("found");
  });
  answer.once("close", () => read.emit("found"));
  await once(read, "found");
  return text;
}

/** A promise with its function. */
export function createSignal(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
