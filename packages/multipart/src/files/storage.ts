/**
 * The directory of uploaded files. A file is first written into a subdirectory of `partial/` that is named after the
 * process, and moved out of `partial/` when the file is complete. So every file outside of `partial/` is complete, and
 * the files of a killed process can be recognised and removed.
 */
import type { Stats } from "node:fs";
import { dirname, join } from "node:path";
import { ownIdentity, privateDirectory, privateDirectoryProblem } from "@packetron/core/capability";
import { codeOf, storageError } from "../errors.ts";
import { fs } from "../node-modules.ts";
import { createFileName } from "./file-name.ts";
import type { FileSystem } from "./file-system.ts";
import { ownerName } from "./owner.ts";
import { sweep } from "./sweep.ts";

/** The flags for opening files. Windows has no O_NOFOLLOW, so the flag is 0 there. */
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = fs.constants;

/** The flags that create a new file. The call fails if the path exists, even as a link that another user created. */
const CREATE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

/** How many random names are tried for a file. A second name is needed once in four thousand million files. */
const MAX_TRIES = 5;

/** Options of a {@link Storage}. */
export interface StorageOptions {
  /**
   * The absolute path of the storage directory; `null` stands for the default, below the directory of temporary files.
   */
  readonly directory: string | null;
  readonly fileSystem: FileSystem;
  /**
   * How long a request may take, in milliseconds; 0 for no limit. Files that another machine left are removed only if
   * they are unchanged for longer than this time, because a slow upload can pause.
   */
  readonly requestTimeout: number;
}

/** An unfinished file, which is still being written. */
export interface PartialFile {
  readonly fd: number;
  readonly path: string;
  /** The name that the file gets when it is complete. */
  readonly name: string;
}

/** Creates and removes files in one directory of uploaded files. A server has one `Storage` for each directory. */
export class Storage {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  /** The parent of the default directory, which no other user may enter; `null` if `fileStorageDirectory` is set. */
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
   * Creates an empty file, whose name is made from the client's file name.
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
        this.#ready = null; // prepare again at the next call: the cause may be temporary
        // A cleaner of temporary files may have removed the directory, so a second attempt creates the directory again.
        if (codeOf(error) !== "ENOENT" || tries === 2) throw storageError(this.directory, error);
      }
    }
  }

  /** Moves a complete and closed file out of `partial/`, and resolves with the new path of the file. */
  async publish(file: PartialFile): Promise<string> {
    try {
      let path = join(this.directory, file.name);
      for (let tries = 1; !(await this.#move(file.path, path)); tries++) {
        if (tries === MAX_TRIES) throw new Error(`${MAX_TRIES} names for ${file.name} exist already`);
        path = join(this.directory, createFileName(file.name));
      }
      return path;
    } catch (error) {
      throw storageError(this.directory, error);
    }
  }

  /** Removes a file. A missing file is not an error. */
  async remove(path: string): Promise<void> {
    try {
      await this.fileSystem.unlink(path);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw storageError(this.directory, error);
    }
  }

  /** Waits until old files are swept away, and removes this process's directory below `partial/` if it is empty. */
  async close(): Promise<void> {
    await this.#swept;
    if (this.#ready === null) return;
    this.#ready = null;
    await this.fileSystem.rmdir(this.#own).catch(() => {}); // another server of this process may use it
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

  /** Moves a file; `false` if `to` exists. Uses a hard link, because a rename would replace the file at `to`. */
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

  /**
   * Checks, before each file is created, that no other user has replaced the parent of the default directory. Attack: a
   * cleaner of temporary files removes the parent, and another user creates a directory of the same name.
   */
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
