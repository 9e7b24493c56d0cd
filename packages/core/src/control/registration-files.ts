/**
 * The applications that run, as files in the directory of this user: each has a registration file, which says what it is
 * and where it is reached. The file of a dead process is removed by the next one that finds it.
 */

import { basename, extname, join } from "node:path";
import { readVariable } from "../config/environment.ts";
import { errorCode, isObject } from "../errors/narrow.ts";
import { fs, loadCrypto } from "../node/modules.ts";
import { privateDirectory, privateDirectoryProblem } from "../node/private-directory.ts";
import { ownIdentity, type ProcessIdentity, stateOfProcess } from "../node/process-identity.ts";

/** What an application says about itself in its registration file. */
export interface ApplicationRegistration {
  /** `PACKETRON_NAME`, else the name of the entry file without its ending. */
  readonly name: string;
  /** The entry file. */
  readonly entry: string;
  /** The folder that it was started in. */
  readonly cwd: string;
  readonly identity: ProcessIdentity;
  /** Path of its Unix socket, or name of its pipe. */
  readonly socket: string;
}

/** Bytes; a path has 4 KiB at most. */
const MAX_FILE_BYTES = 32 * 1024;

/** The longest path of a Unix socket, in bytes, on macOS; Linux has four more. Node cuts longer ones off, or fails. */
const LONGEST_SOCKET_PATH = 103;

/** The paths of a new application: its registration file and its socket. Nothing is written yet. */
export function registrationPaths(directory: string): { readonly file: string; readonly socket: string } {
  // The directory is this user's own: the name need not be a secret, only new.
  const id = Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
  const windows = process.platform === "win32";
  return {
    file: join(directory, `control-${id}.json`),
    // Others may look for pipes by name, so this one cannot be guessed.
    socket: windows
      ? `\\\\.\\pipe\\packetron-${loadCrypto().randomBytes(16).toString("hex")}`
      : join(directory, `${id}.sock`),
  };
}

/**
 * Makes the directory of this user when it is not there, and checks it.
 *
 * @throws Error that says why the directory cannot be used.
 */
export function openDirectory(directory: string = privateDirectory()): string {
  const longest = Buffer.byteLength(join(directory, "12345678.sock"));
  if (process.platform !== "win32" && longest > LONGEST_SOCKET_PATH)
    throw new Error(`${directory} is too long a path for a socket`);
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
  const problem = privateDirectoryProblem(fs.lstatSync(directory));
  if (problem !== undefined) throw new Error(`${directory} cannot be trusted: ${problem}`);
  return directory;
}

/** The registration of this process. */
export function ownRegistration(socket: string): ApplicationRegistration {
  const entry = process.argv[1] ?? "";
  const name = readVariable("PACKETRON_NAME") ?? basename(entry, extname(entry));
  return { name, entry, cwd: process.cwd(), identity: ownIdentity(), socket };
}

/** Writes a registration file as a whole: no reader finds half of one. */
export function publishRegistration(path: string, registration: ApplicationRegistration): void {
  fs.writeFileSync(`${path}.new`, JSON.stringify(registration), { mode: 0o600, flag: "wx" });
  fs.renameSync(`${path}.new`, path);
}

/** Removes a registration file and its socket; either may be removed already. */
export function withdrawRegistration(path: string, socket: string): void {
  for (const file of process.platform === "win32" ? [path] : [socket, path]) fs.rmSync(file, { force: true });
}

/**
 * The applications of this user that run on this machine, in the order of their process ids. What dead ones left is
 * removed.
 *
 * @throws Error when there is a directory that cannot be trusted.
 */
export function listApplications(directory: string = privateDirectory()): ApplicationRegistration[] {
  const registrations: ApplicationRegistration[] = [];
  for (const file of registrationFilesIn(directory)) {
    const registration = readRegistration(file, directory);
    if (registration === undefined) continue;
    const state = stateOfProcess(registration.identity);
    if (state === "dead" || state === "other-boot") withdrawRegistration(file, registration.socket);
    else registrations.push(registration);
  }
  return registrations.toSorted((one, other) => one.identity.pid - other.identity.pid);
}

function registrationFilesIn(directory: string): string[] {
  try {
    const problem = privateDirectoryProblem(fs.lstatSync(directory));
    if (problem !== undefined) throw new Error(`${directory} cannot be trusted: ${problem}`);
    const names = fs.readdirSync(directory).filter((name) => /^control-[0-9a-f]{8}\.json$/.test(name));
    return names.map((name) => join(directory, name));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** `undefined` for a file that was removed meanwhile, and for one that is not a registration file. */
function readRegistration(file: string, directory: string): ApplicationRegistration | undefined {
  try {
    if (fs.lstatSync(file).size > MAX_FILE_BYTES) return undefined;
    const registration: unknown = JSON.parse(fs.readFileSync(file, "utf8"));
    return isRegistration(registration) && isOurSocket(registration.socket, directory)
      ? registration
      : undefined;
  } catch {
    return undefined;
  }
}

/** The path is removed with its registration file, so it must not lead anywhere else. */
function isOurSocket(socket: string, directory: string): boolean {
  if (process.platform === "win32") return socket.startsWith("\\\\.\\pipe\\packetron-");
  return socket === join(directory, basename(socket)) && socket.endsWith(".sock");
}

function isRegistration(value: unknown): value is ApplicationRegistration {
  const identity = fieldOf(value, "identity");
  return (
    ["name", "entry", "cwd", "socket"].every((key) => typeof fieldOf(value, key) === "string") &&
    ["boot", "namespace", "start"].every((key) => typeof fieldOf(identity, key) === "string") &&
    Number.isSafeInteger(fieldOf(identity, "pid"))
  );
}

function fieldOf(value: unknown, key: string): unknown {
  return isObject(value) ? Reflect.get(value, key) : undefined;
}
