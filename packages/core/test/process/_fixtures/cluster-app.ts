/**
 * An application for the tests of the cluster. `APP` (JSON) says which servers it has and what goes wrong; what
 * happens is told as JSON lines on stdout, with the process id; lines on stdin are commands to the primary.
 */
import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { getPriority } from "node:os";
import { createInterface } from "node:readline";
import { createLifecycle } from "../../../src/cluster/index.ts";
import type { Lifecycle } from "../../../src/cluster/process/lifecycle.ts";
import type { ServerOptions } from "../../../src/config/options.ts";
import type { Logger } from "../../../src/log/logger.ts";
import { fakeDelegate } from "../../cluster/_delegate.ts";

/** What a test asks for. */
export interface App {
  readonly servers: readonly ServerOptions[];
  /** Workers throw before they start anything. */
  readonly crash?: boolean;
  /** Workers are killed by a signal before they start anything. */
  readonly die?: boolean;
  /** Workers throw when this file exists. */
  readonly crashFile?: string;
  /** The "listening" hook of workers rejects, or never ends. */
  readonly hook?: "reject" | "hang";
  /** Waits for the command "start". */
  readonly idle?: boolean;
}

const app: App = JSON.parse(process.env["APP"] ?? "{}");

const tell = (event: string, facts: object = {}): void => {
  process.stdout.write(`${JSON.stringify({ event, pid: process.pid, ...facts })}\n`);
};

const log: Logger = {
  debug: (fields, message) => tell("log", { level: "debug", message, fields }),
  info: (fields, message) => tell("log", { level: "info", message, fields }),
  warn: (fields, message) => tell("log", { level: "warn", message, fields }),
  error: (fields, message) => tell("log", { level: "error", message, fields }),
};

const lifecycles: Lifecycle[] = app.servers.map((options, index) => createServer(options, index));
const inWorker = lifecycles[0]?.role === "worker";

process.on("message", (message) => tell("message", { message }));
if (inWorker) fail();
if (!inWorker) createInterface({ input: process.stdin }).on("line", obey);
if (app.idle !== true) process.stdin.unref();
if (app.idle !== true || inWorker) await startAll();

function createServer(options: ServerOptions, index: number): Lifecycle {
  const listening = async (): Promise<void> => {
    if (lifecycle.role !== "worker") return;
    if (app.hook === "reject") throw new Error("the hook failed");
    if (app.hook === "hang") await new Promise(() => {});
  };
  const key = `${index}:${options.host}:${options.port}`;
  const answer = (request: IncomingMessage, response: ServerResponse): void =>
    answerRequest(lifecycle, request, response);
  const delegate = fakeDelegate(
    key,
    options,
    answer,
    { listening, stopped: () => tell("stopped", { server: index }) },
    log,
  );
  const lifecycle = createLifecycle({
    ...delegate,
    draining: () => tell("draining", { server: index }),
    closing: () => tell("closing", { server: index }),
  });
  const channel = lifecycle.openChannel<object>("test");
  channel.receive("worker", (value, from) => tell("parcel", { end: "worker", value, from }));
  channel.receive("primary", (value, from) => tell("parcel", { end: "primary", value, from }));
  return lifecycle;
}

function fail(): void {
  if (app.crash === true) throw new TypeError("broken at boot");
  if (app.die === true) process.kill(process.pid, "SIGKILL");
  if (app.crashFile !== undefined && existsSync(app.crashFile)) throw new TypeError("broken by the file");
}

async function startAll(): Promise<void> {
  for (const [server, lifecycle] of lifecycles.entries()) {
    try {
      const { port } = await lifecycle.start();
      tell("started", { server, role: lifecycle.role, worker: lifecycle.workerId, port });
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      tell("rejected", { server, role: lifecycle.role, code, message: String(error) });
      if (inWorker) throw error;
    }
  }
}

function obey(command: string): void {
  const [lifecycle] = lifecycles;
  if (command === "start") void startAll();
  if (command === "stop")
    void Promise.all(lifecycles.map((one) => one.stop())).then(() => tell("stop resolved"));
  if (command === "stop first") void lifecycle?.stop().then(() => tell("stop resolved"));
  if (command === "send") lifecycle?.openChannel<object>("test").sendToWorkers({ at: new Date(0) });
}

function answerRequest(lifecycle: Lifecycle, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const reply = (): void => {
    const { role, workerId } = lifecycle;
    response.end(JSON.stringify({ pid: process.pid, role, worker: workerId, priority: getPriority() }));
  };
  const channel = lifecycle.openChannel<object>("test");
  if (pathname === "/slow") setTimeout(reply, Number(searchParams.get("ms")));
  else if (pathname === "/block") {
    tell("blocked");
    for (;;);
  } else if (pathname === "/last-message") {
    tell("blocked");
    for (const end = performance.now() + 500; performance.now() < end; );
    // The primary finds a message, the end of the channel and the end of the process at once.
    process.kill(process.ppid, "SIGSTOP");
    process.send?.("last message");
    process.kill(process.pid, "SIGKILL");
  } else if (pathname === "/halt") void lifecycle.stop().then(() => tell("stop resolved"));
  else if (pathname === "/retire") void lifecycle.retire();
  else if (pathname === "/throw")
    setImmediate(() => {
      throw new RangeError("thrown in a timer");
    });
  else if (pathname === "/send") channel.sendToWorkers({ from: "a worker" });
  else if (pathname === "/report") channel.sendToPrimary({ map: new Map([[1, "one"]]) });
  if (["/slow", "/block"].includes(pathname)) return;
  reply();
}
