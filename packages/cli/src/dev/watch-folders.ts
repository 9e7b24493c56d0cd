/**
 * Reports changes of source files. It opens one watcher for each folder: Node's recursive watcher, on Linux, would also
 * watch every file below node_modules.
 */
import { type FSWatcher, lstatSync, readdirSync, statSync, watch } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** The files and folders to watch, and the callbacks. */
export interface WatchOptions {
  /** Files and folders to watch. Folders include everything below them. */
  readonly paths: readonly string[];
  /** Files and folders whose changes are ignored. */
  readonly ignored: readonly string[];
  /** How long no further change may follow before `changed` is called, in milliseconds. */
  readonly quietTime: number;
  /** Called with the path of the last change. */
  changed(path: string): void;
  /** Called when a folder cannot be watched, mostly because the system allows no more watchers. */
  failed(error: Error): void;
}

/** The names of source files. Changes of other files are ignored, because the program writes logs and data itself. */
const SOURCE = /(?:\.(?:[cm]?[jt]sx?|json|node|wasm|ya?ml|toml|html)|^\.env(?:\..+)?)$/;

/** Watches folders until `close()`. */
export class FolderWatch {
  readonly #options: WatchOptions;
  readonly #ignored: ReadonlySet<string>;
  /** Files named in `paths`: their changes count even if the name is not that of a source file. */
  readonly #files = new Set<string>();
  /** Folders in which every source file is watched. */
  readonly #folders = new Set<string>();
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#ignored = new Set(options.ignored.map((path) => resolve(path)));
    for (const path of options.paths.map((one) => resolve(one))) {
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
        this.#addFolder(path);
        continue;
      }
      this.#files.add(path);
      // The folder of the file is watched: editors replace a file by renaming, which a watcher of the file would miss.
      this.#watch(dirname(path));
    }
  }

  /** How many folders are watched. */
  get size(): number {
    return this.#watchers.size;
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #addFolder(folder: string): void {
    this.#folders.add(folder);
    this.#watch(folder);
    for (const name of namesIn(folder)) {
      const path = join(folder, name);
      if (!this.#isIgnored(path) && isFolder(path)) this.#addFolder(path);
    }
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, (_kind, name) => {
        if (name !== null) this.#onEvent(folder, join(folder, name));
      });
      watcher.on("error", () => this.#unwatch(folder)); // the folder was removed
      this.#watchers.set(folder, watcher);
    } catch (error) {
      if (error instanceof Error) this.#options.failed(error);
    }
  }

  #onEvent(folder: string, path: string): void {
    if (this.#files.has(path)) return this.#reportLater(path);
    if (!this.#folders.has(folder) || this.#isIgnored(path)) return;
    if (isFolder(path)) {
      if (this.#folders.has(path)) return;
      this.#addFolder(path);
      // Report files that were written before the watcher was open: no event arrives for them.
      if (namesIn(path).length > 0) this.#reportLater(path);
      return;
    }
    this.#unwatch(path); // the path may be that of a removed folder
    if (SOURCE.test(basename(path))) this.#reportLater(path);
  }

  #unwatch(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    this.#folders.delete(folder);
  }

  /** Reports a change after the quiet time, because tools write several files, and one file in several steps. */
  #reportLater(path: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#options.changed(path), this.#options.quietTime);
  }

  #isIgnored(path: string): boolean {
    const name = basename(path);
    const hidden = name.startsWith(".") && !SOURCE.test(name);
    return hidden || name === "node_modules" || this.#ignored.has(path);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // the folder was removed, or this user may not read it
  }
}

/** Whether a path is a folder. Symbolic links are not followed, because they can form a cycle. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
