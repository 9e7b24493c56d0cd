/**
 * Keeps the list of this user's running applications, as files in a directory of the user. Each application has a
 * registration file, which says what the application is and where its socket is. If its process is dead, the next
 * process that finds the file removes it.
 */

import { basename, extname, join } from "node:path";
import { readVariable } from "../config/environment.ts";
import { errorCode, isObject } from "../errors/narrow.ts";
import { fs, loadCrypto } from "../node/modules.ts";
import { privateDirectory, privateDirectoryProblem } from "../node/private-directory.ts";
import { ownIdentity, type ProcessIdentity, stateOfProcess } from "../node/process-identity.ts";

/** What an application says about itself in its registration file. */
export interface ApplicationRegistration {
  /** `PACKETRON_NAME`, or the name of the entry file without its extension. */
  readonly name: string;
  /** The path of the entry file. */
  readonly entry: string;
  /** The working directory in which the application was started. */
  readonly cwd: string;
  readonly identity: ProcessIdentity;
  /** The path of the Unix socket, or the name of the Windows pipe. */
  readonly socket: string;
}

/** The largest registration file that is read, in bytes. The file contains three paths, of 4 KiB each at most. */
const MAX_FILE_BYTES = 32 * 1024;

/** The longest path of a Unix socket on macOS, in bytes; Linux allows four more. Node truncates longer paths, or fails. */
const LONGEST_SOCKET_PATH = 103;

/** Chooses the paths of a new application's registration file and socket, and creates no file. */
export function registrationPaths(directory: string): { readonly file: string; readonly socket: string } {
  // Only this user can enter the directory, so the name must be new but need not be secret.
  const id = Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
  const windows = process.platform === "win32";
  return {
    file: join(directory, `control-${id}.json`),
    // Other users can open a pipe by its name, so the name must not be guessable.
    socket: windows
      ? `\\\\.\\pipe\\packetron-${loadCrypto().randomBytes(16).toString("hex")}`
      : join(directory, `${id}.sock`),
  };
}

/**
 * Creates the user's directory for registration files if it is missing, checks that it is safe to use, and returns its
 * path.
 *
 * @throws Error that says why the directory cannot be used.
 */
export function openDirectory(directory: string = privateDirectory()): string {
  const longest = Buffer.byteLength(join(directory, "12345678.sock"));
  if (process.platform !== "win32" && longest > LONGEST_SOCKET_PATH)
    throw new Error(`the path ${directory} is too long for a socket`);
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
  const problem = privateDirectoryProblem(fs.lstatSync(directory));
  if (problem !== undefined) throw new Error(`${directory} cannot be trusted: ${problem}`);
  return directory;
}

/** Makes the registration of this process. */
export function ownRegistration(socket: string): ApplicationRegistration {
  const entry = process.argv[1] ?? "";
  const name = readVariable("PACKETRON_NAME") ?? basename(entry, extname(entry));
  return { name, entry, cwd: process.cwd(), identity: ownIdentity(), socket };
}

/**
 * Writes a registration file under a temporary name and then renames the file, so that a reader never finds it
 * incomplete.
 */
export function publishRegistration(path: string, registration: ApplicationRegistration): void {
  fs.writeFileSync(`${path}.new`, JSON.stringify(registration), { mode: 0o600, flag: "wx" });
  fs.renameSync(`${path}.new`, path);
}

/** Removes a registration file and its socket, if they still exist. */
export function withdrawRegistration(path: string, socket: string): void {
  for (const file of process.platform === "win32" ? [path] : [socket, path]) fs.rmSync(file, { force: true });
}

/**
 * Lists the running applications of this user, in the order of their process ids. Removes the files of dead processes.
 *
 * @throws Error when the directory cannot be trusted; a missing directory means that no application runs.
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

/**
 * Reads a registration file; `undefined` if the file does not exist any more, or has other content than a registration.
 */
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

/**
 * Whether a socket is in the user's directory. Removing a registration file also deletes the socket that it names, so a
 * forged file must not name a path elsewhere.
 */
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
