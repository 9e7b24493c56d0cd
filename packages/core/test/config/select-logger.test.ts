import { Writable } from "node:stream";
import { pino } from "pino";
import { afterEach, describe, expect, test, vi } from "vitest";
import { PacketronServerFlags } from "../../src/config/flags.ts";
import type { ServerOptions } from "../../src/config/options.ts";
import type { OwnRole } from "../../src/config/process-role.ts";
import * as roles from "../../src/config/process-role.ts";
import { selectLogger } from "../../src/config/select-logger.ts";
import { resolveServerSettings } from "../../src/config/settings.ts";
import { send, startServer } from "../_server.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.mocked(roles.ownRole).mockReset();
});

vi.mock("../../src/config/process-role.ts", { spy: true });

const WORKER: OwnRole = { role: "worker", workerId: 2, generation: 3 };
const PRIMARY: OwnRole = { role: "primary" };

/** The lines that a pino logger writes, as objects. */
function makePino(): { logger: ReturnType<typeof pino>; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const target = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { logger: pino({ level: "trace", base: null }, target), lines };
}

function select(options: ServerOptions, own: OwnRole): ReturnType<typeof selectLogger> {
  vi.mocked(roles.ownRole).mockReturnValue(own);
  return selectLogger(options, resolveServerSettings(options));
}

describe("a pino logger as the server's logger", () => {
  test("gets the fields, the message and the level; an error under err with its stack", async () => {
    const { logger, lines } = makePino();
    const { server } = await startServer(
      (made) => made.handle({ routePath: "/", handler: () => Promise.reject(new TypeError("no")) }),
      { logger },
    );
    await send(server, "GET /", { "X-Request-Id": "abc" });
    expect(lines.find(({ level }) => level === 50)).toMatchObject({
      requestId: "abc",
      method: "GET",
      route: "GET /",
      msg: "GET / failed",
      err: { type: "TypeError", message: "no", stack: expect.stringContaining("at ") },
    });
  });

  test.each<[OwnRole, object]>([
    [WORKER, { role: "worker", worker: 2, generation: 3, app: "shop", port: 1, level: 40, msg: "hello" }],
    [PRIMARY, { role: "primary", app: "shop", port: 1, level: 40, msg: "hello" }],
  ])("names the process of a cluster in each line: %o", (own, line) => {
    const { logger, lines } = makePino();
    select({ logger: logger.child({ app: "shop" }) }, own).warn({ port: 1 }, "hello");
    expect(lines).toMatchObject([line]);
  });

  test.each<[string, ServerOptions, OwnRole]>([
    ["with one thread", { maxThreads: 1 }, PRIMARY],
    ["in a process that cannot fork", {}, { role: "single", note: "" }],
  ])("is used as it is %s", (_name, options, own) => {
    const { logger } = makePino();
    expect(select({ ...options, logger }, own)).toBe(logger);
  });

  test("writes what a level of its own permits", () => {
    const { logger, lines } = makePino();
    logger.level = "warn";
    const log = select({ logger }, WORKER);
    for (const level of ["debug", "info", "warn", "error"] as const) log[level]({}, level);
    expect(lines.map(({ msg }) => msg)).toEqual(["warn", "error"]);
  });
});

describe("another logger", () => {
  test("without children is used as it is, console for instance", () => {
    expect(select({ logger: console }, WORKER)).toBe(console);
  });

  test("whose children are not loggers is used as it is", () => {
    const logger = Object.assign(makePino().logger, { child: () => null });
    expect(select({ logger }, WORKER)).toBe(logger);
  });

  test("console prints fields and message of a failed request", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    vi.spyOn(console, "info").mockReturnValue();
    const { server } = await startServer(
      (made) => made.handle({ routePath: "/", handler: () => Promise.reject(new Error("no")) }),
      { logger: console },
    );
    await send(server, "GET /");
    expect(error).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ method: "GET" }), "GET / failed");
  });

  test("says nothing with SILENCE_INTERNAL_LOGS", async () => {
    const { logger, lines } = makePino();
    const flags = PacketronServerFlags.SILENCE_INTERNAL_LOGS;
    select({ logger, flags }, WORKER).error({}, "x");
    expect(lines).toEqual([]);
  });
});
