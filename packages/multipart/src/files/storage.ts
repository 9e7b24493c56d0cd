/**
 * The directory of uploaded files. A file is written under `partial/<boot>-<pid>-<start>/` and moved up when it is
 * complete, so that a file outside `partial/` is always whole, and what a killed process left is known as such.
 */
import type { Stats } from "node:fs";
import { dirname, join } from "node:path";
import { ownIdentity, privateDirectory, privateDirectoryProblem } from "@packetron/core";
import { codeOf, storageError } from "../errors.ts";
import { fs } from "../node-modules.ts";
import { createFileName } from "./file-name.ts";
import type { FileSystem } from "./file-system.ts";
import { ownerName } from "./owner.ts";
import { sweep } from "./sweep.ts";

/** Exclusive, and a link that somebody has put there is not followed. Windows has no O_NOFOLLOW. */
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = fs.constants;

const CREATE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

/** Tries for a name that nobody has; the second one is needed once in four thousand million. */
const MAX_TRIES = 5;

/** What a storage is made of. */
export interface StorageOptions {
  /** Absolute; `null` is the directory of temporary files. */
  readonly directory: string | null;
  readonly fileSystem: FileSystem;
  /** How long a request may take, in milliseconds; 0 is for ever. It tells how long a file can be left untouched. */
  readonly requestTimeout: number;
}

/** A file that is being written. */
export interface PartialFile {
  readonly fd: number;
  readonly path: string;
  /** The name that it will have. */
  readonly name: string;
}

/** One directory of uploaded files; one object for each directory, server and process. */
export class Storage {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  /** The directory below which nobody else may write, `null` for a directory that the user has chosen. */
  readonly #privateRoot: string | null;
  readonly #own: string;
  readonly #requestTimeout: number;
  #ready: Promise<void> | null = null;
  #swept: Promise<void> | null = null;

  constructor({ directory, fileSystem, requestTimeout }: StorageOptions) {
    this.#privateRoot = directory === null ? privateDirectory() : null;
    this.directory = directory ?? join(this.#privateRoot ?? "", "files");
    this.fileSystem = fileSystem;
    this.#requestTimeout = requestTimeout;
    this.#own = join(this.directory, "partial", ownerName(ownIdentity()));
  }

  /**
   * Creates a file for a client's file name.
   *
   * @throws PKT_MULTIPART_STORAGE, PKT_MULTIPART_STORAGE_FULL
   */
  async create(filename: string): Promise<PartialFile> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#assertPrivate();
        await (this.#ready ??= this.#prepare());
        return await this.#createExclusive(filename);
      } catch (error) {
        this.#ready = null; // next time anew: the cause may be gone by then
        // Cleaners of temporary directories remove ours too.
        if (codeOf(error) !== "ENOENT" || tries === 2) throw storageError(this.directory, error);
      }
    }
  }

  /** Moves a complete file, closed by now, to its place and gives its path. */
  async publish(file: PartialFile): Promise<string> {
    try {
      let path = join(this.directory, file.name);
      for (let tries = 1; !(await this.#move(file.path, path)); tries++) {
        if (tries === MAX_TRIES) throw new Error(`no free name for ${file.name}`);
        path = join(this.directory, createFileName(file.name));
      }
      return path;
    } catch (error) {
      throw storageError(this.directory, error);
    }
  }

  /** Removes a file; one that is not there any more is fine. */
  async remove(path: string): Promise<void> {
    try {
      await this.fileSystem.unlink(path);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw storageError(this.directory, error);
    }
  }

  /** Ends the sweeping, and removes the process's own directory if nothing is in it. */
  async close(): Promise<void> {
    await this.#swept;
    if (this.#ready === null) return;
    this.#ready = null;
    await this.fileSystem.rmdir(this.#own).catch(() => {}); // another server of this process may be using it
  }

  async #createExclusive(filename: string): Promise<PartialFile> {
    for (let tries = 1; ; tries++) {
      const name = createFileName(filename);
      const path = join(this.#own, name);
      try {
        return { fd: await this.fileSystem.open(path, CREATE, 0o600), path, name };
      } catch (error) {
        if (codeOf(error) !== "EEXIST" || tries === MAX_TRIES) throw error;
      }
    }
  }

  /** A hard link fails where a rename would replace what is there. False when the name is taken. */
  async #move(from: string, to: string): Promise<boolean> {
    try {
      await this.fileSystem.link(from, to);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EEXIST") return false;
      if (!["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "EINVAL"].includes(code)) throw error;
      await this.fileSystem.rename(from, to); // a file system without hard links, such as FAT
      return true;
    }
    await this.remove(from);
    return true;
  }

  async #prepare(): Promise<void> {
    const { fileSystem, directory } = this;
    if (this.#privateRoot === null) {
      await fileSystem.mkdir(directory, { recursive: true, mode: 0o700 });
    } else {
      for (const path of [dirname(directory), directory]) {
        await this.#makeDirectory(path);
        assertOwn(path, await fileSystem.lstat(path));
      }
    }
    await this.#makeDirectory(dirname(this.#own));
    await this.#makeDirectory(this.#own);
    this.#swept ??= sweep(dirname(this.#own), fileSystem, this.#requestTimeout);
  }

  /** Before each file, because the directory may have been removed and made again by somebody else in the meantime. */
  async #assertPrivate(): Promise<void> {
    if (this.#privateRoot === null || this.#ready === null) return;
    assertOwn(this.#privateRoot, await this.fileSystem.lstat(this.#privateRoot));
  }

  async #makeDirectory(path: string): Promise<void> {
    try {
      await this.fileSystem.mkdir(path, { mode: 0o700 });
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
}

function assertOwn(path: string, stats: Stats): void {
  const problem = privateDirectoryProblem(stats);
  if (problem !== undefined) throw new Error(`${path} cannot be trusted: ${problem}`);
}
