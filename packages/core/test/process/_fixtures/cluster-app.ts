/**
 * An application for the tests of the cluster. `APP` (JSON) configures its servers and faults. It prints events as JSON
 * lines with the process id on stdout, and reads commands to the primary from stdin.
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

/** The configuration from the test. */
export interface App {
  readonly servers: readonly ServerOptions[];
  /** Whether workers throw before they start. */
  readonly crash?: boolean;
  /** Whether workers are killed by a signal before they start. */
  readonly die?: boolean;
  /** Workers throw when this file exists. */
  readonly crashFile?: string;
  /** The "listening" hook of workers rejects, never ends, or stops the process by SIGSTOP until the test continues it. */
  readonly hook?: "reject" | "hang" | "pause";
  /** Whether the servers start only at the command "start". */
  readonly idle?: boolean;
}

const app: App = JSON.parse(process.env["APP"] ?? "{}");

const print = (event: string, facts: object = {}): void => {
  process.stdout.write(`${JSON.stringify({ event, pid: process.pid, ...facts })}\n`);
};

const log: Logger = {
  debug: (fields, message) => print("log", { level: "debug", message, fields }),
  info: (fields, message) => print("log", { level: "info", message, fields }),
  warn: (fields, message) => print("log", { level: "warn", message, fields }),
  error: (fields, message) => print("log", { level: "error", message, fields }),
};

const lifecycles: Lifecycle[] = app.servers.map((options, index) => createServer(options, index));
const inWorker = lifecycles[0]?.role === "worker";

process.on("message", (message) => print("message", { message }));
if (inWorker) fail();
if (!inWorker) createInterface({ input: process.stdin }).on("line", obey);
if (app.idle !== true) process.stdin.unref();
if (app.idle !== true || inWorker) await startAll();

function createServer(options: ServerOptions, index: number): Lifecycle {
  const listening = async (): Promise<void> => {
    if (lifecycle.role !== "worker") return;
    if (app.hook === "reject") throw new Error("the hook failed");
    if (app.hook === "hang") await new Promise(() => {});
    if (app.hook === "pause") {
      print("paused");
      process.kill(process.pid, "SIGSTOP");
    }
  };
  const key = `${index}:${options.host}:${options.port}`;
  const answer = (request: IncomingMessage, response: ServerResponse): void =>
    answerRequest(lifecycle, request, response);
  const delegate = fakeDelegate(
    key,
    options,
    answer,
    { listening, stopped: () => print("stopped", { server: index }) },
    log,
  );
  const lifecycle = createLifecycle({
    ...delegate,
    draining: () => print("draining", { server: index }),
    listeningAt: ({ port }) => print("bound", { role: lifecycle.role, port }),
    closing: () => print("closing", { server: index }),
  });
  const channel = lifecycle.openChannel<object>("test");
  channel.receive("worker", (value, from) => print("parcel", { end: "worker", value, from }));
  channel.receive("primary", (value, from) => print("parcel", { end: "primary", value, from }));
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
      print("started", { server, role: lifecycle.role, worker: lifecycle.workerId, port });
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      print("rejected", { server, role: lifecycle.role, code, message: String(error) });
      if (inWorker) throw error;
    }
  }
}

function obey(command: string): void {
  const [lifecycle] = lifecycles;
  if (command === "start") void startAll();
  if (command === "stop")
    void Promise.all(lifecycles.map((one) => one.stop())).then(() => print("stop resolved"));
  if (command === "stop first") void lifecycle?.stop().then(() => print("stop resolved"));
  if (command === "send") lifecycle?.openChannel<object>("test").sendToWorkers({ at: new Date(0) });
}

function answerRequest(lifecycle: Lifecycle, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const reply = (): void => {
    const { role, workerId } = lifecycle;
    response.end(JSON.stringify({ pid: process.pid, role, worker: workerId, priority: getPriority() }));
  };
  const channel = lifecycle.openChannel<object>("test");
  if (pathname === "/slow") {
    print("slow");
    setTimeout(reply, Number(searchParams.get("ms")));
  } else if (pathname === "/block") {
    print("blocked");
    for (;;);
  } else if (pathname === "/last-message") {
    print("blocked");
    for (const end = performance.now() + 500; performance.now() < end; );
    // The stopped primary will find a message, the end of the channel and the exit of the process at once.
    process.kill(process.ppid, "SIGSTOP");
    process.send?.("last message");
    process.kill(process.pid, "SIGKILL");
  } else if (pathname === "/halt") void lifecycle.stop().then(() => print("stop resolved"));
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
