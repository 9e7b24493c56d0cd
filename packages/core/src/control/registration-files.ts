/**
 * The applications that run, as files in the directory of this user: each has a card, which says what it is and where it
 * is reached. A card of a process that is dead is removed by whoever finds it.
 */

import { basename, extname, join } from "node:path";
import { readVariable } from "../config/environment.ts";
import { errorCode, isObject } from "../errors/narrow.ts";
import { fs, loadCrypto } from "../node/modules.ts";
import { privateDirectory, privateDirectoryProblem } from "../node/private-directory.ts";
import { ownIdentity, type ProcessIdentity, stateOfProcess } from "../node/process-identity.ts";

/** What an application tells about itself without being asked. */
export interface ApplicationCard {
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
const LARGEST_CARD = 32 * 1024;

/** The longest path of a Unix socket, in bytes, on macOS; Linux has four more. Node cuts longer ones off, or fails. */
const LONGEST_SOCKET_PATH = 103;

/** The places of a new application: its card and its socket. Nothing is written yet. */
export function placesOf(directory: string): { readonly card: string; readonly socket: string } {
  // The directory is this user's own: the name need not be a secret, only new.
  const id = Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
  const windows = process.platform === "win32";
  return {
    card: join(directory, `control-${id}.json`),
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

/** The card of this process. */
export function ownCard(socket: string): ApplicationCard {
  const entry = process.argv[1] ?? "";
  const name = readVariable("PACKETRON_NAME") ?? basename(entry, extname(entry));
  return { name, entry, cwd: process.cwd(), identity: ownIdentity(), socket };
}

/** Publishes a card as a whole: nobody reads half of one. */
export function publishCard(path: string, card: ApplicationCard): void {
  fs.writeFileSync(`${path}.new`, JSON.stringify(card), { mode: 0o600, flag: "wx" });
  fs.renameSync(`${path}.new`, path);
}

/** Removes a card and its socket; what is gone already is fine. */
export function withdrawCard(path: string, socket: string): void {
  for (const file of process.platform === "win32" ? [path] : [socket, path]) fs.rmSync(file, { force: true });
}

/**
 * The applications of this user that run on this machine, in the order of their process ids. What dead ones left is
 * removed.
 *
 * @throws Error when there is a directory that cannot be trusted.
 */
export function listApplications(directory: string = privateDirectory()): ApplicationCard[] {
  const cards: ApplicationCard[] = [];
  for (const file of cardsIn(directory)) {
    const card = readCard(file, directory);
    if (card === undefined) continue;
    const state = stateOfProcess(card.identity);
    if (state === "dead" || state === "other-boot") withdrawCard(file, card.socket);
    else cards.push(card);
  }
  return cards.toSorted((one, other) => one.identity.pid - other.identity.pid);
}

function cardsIn(directory: string): string[] {
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

/** A card that went away meanwhile, or is none, is nobody's. */
function readCard(file: string, directory: string): ApplicationCard | undefined {
  try {
    if (fs.lstatSync(file).size > LARGEST_CARD) return undefined;
    const card: unknown = JSON.parse(fs.readFileSync(file, "utf8"));
    return isCard(card) && isOurSocket(card.socket, directory) ? card : undefined;
  } catch {
    return undefined;
  }
}

/** The path is removed with its card, so it must not lead anywhere else. */
function isOurSocket(socket: string, directory: string): boolean {
  if (process.platform === "win32") return socket.startsWith("\\\\.\\pipe\\packetron-");
  return socket === join(directory, basename(socket)) && socket.endsWith(".sock");
}

function isCard(value: unknown): value is ApplicationCard {
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
