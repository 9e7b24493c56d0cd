/** Folders with files, and a server in this process that serves them. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Capability, Packetron, type ServerOptions } from "@packetron/core";
import { onTestFinished } from "vitest";
import { type StaticFilesOptions, staticFiles } from "../src/index.ts";
import { exchange, type RawAnswer } from "./_raw.ts";

/** One line of the server's log. */
export interface LogLine {
  readonly level: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A time in the past, so that a file has a settled version and a strong date. */
export const LONG_AGO: Date = new Date("2020-02-03T04:05:06.000Z");

/** Creates a canonical temporary folder with files by their relative paths. The end of the test removes it. */
export function makeFolder(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "packetron-static-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) write(join(folder, path), content);
  return folder;
}

/** Writes a file, and sets its modification time. */
export function write(path: string, content: string | Buffer, time: Date = LONG_AGO): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  utimesSync(path, time, time);
}

/** Options of {@link startSite}. */
export interface Setup {
  readonly options?: StaticFilesOptions;
  readonly server?: ServerOptions;
  readonly capabilities?: readonly Capability[];
}

/** Starts a server, and returns it with its log. The end of the test stops it. */
export async function startSite(
  setUp: (server: Packetron) => void,
  { options = {}, server: serverOptions = {}, capabilities = [] }: Setup = {},
): Promise<{ readonly server: Packetron; readonly lines: LogLine[] }> {
  const lines: LogLine[] = [];
  const at = (level: string) => (facts: object, message: string) =>
    void lines.push({ level, facts: { ...facts }, message });
  const server = new Packetron({
    port: 0,
    host: "127.0.0.1",
    maxThreads: 1,
    idleGrace: 0,
    drainTimeout: 1_000,
    logger: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    ...serverOptions,
    capabilities: [staticFiles(options), ...capabilities],
  });
  onTestFinished(() => server.stop());
  setUp(server);
  await server.start();
  // Remove the line about the address, which every server logs: tests compare the other lines.
  const announcement = lines.findIndex(({ message }) => message.startsWith("listening on "));
  lines.splice(announcement, 1);
  return { server, lines };
}

/** Sends one request on a new connection. The target is sent exactly as given. */
export function ask(
  server: Packetron,
  requestLine: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const fields = Object.entries({ Host: "localhost", ...headers });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const method = requestLine.slice(0, requestLine.indexOf(" "));
  return exchange(server.port, Buffer.from(`${requestLine} HTTP/1.1\r\n${head}\r\n`, "latin1"), method);
}

/** The paths of this process's open files below a folder. */
export function openFilesBelow(folder: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      const path = realpathSync.native(`/proc/self/fd/${descriptor}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });
}
