/**
 * Tells when a source file changes. One watcher for each folder: Node's recursive one would, on Linux, watch every file
 * below node_modules, too.
 */
import { type FSWatcher, lstatSync, readdirSync, statSync, watch } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** What is watched. */
export interface WatchOptions {
  /** Files and folders; folders with all that is below them. */
  readonly paths: readonly string[];
  /** Files and folders that do not count. */
  readonly ignored: readonly string[];
  /** Called with the path once so many milliseconds have passed without a further change. */
  readonly quiet: number;
  changed(path: string): void;
  /** Something cannot be watched: too many watchers for the system, above all. */
  failed(error: Error): void;
}

/** What a program is made of. Other files, such as logs and data that it writes itself, say nothing about it. */
const SOURCE = /(?:\.(?:[cm]?[jt]sx?|json|node|wasm|ya?ml|toml|html)|^\.env(?:\..+)?)$/;

/** Watches until it is closed. */
export class FolderWatch {
  readonly #options: WatchOptions;
  readonly #ignored: ReadonlySet<string>;
  /** Files that were named: they count whatever they are called. */
  readonly #files = new Set<string>();
  /** Folders of which everything counts. */
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
      // By its folder: editors replace files by renaming, and a watcher of the old one would see nothing any more.
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
        if (name !== null) this.#noticed(folder, join(folder, name));
      });
      watcher.on("error", () => this.#forget(folder)); // it was removed
      this.#watchers.set(folder, watcher);
    } catch (error) {
      if (error instanceof Error) this.#options.failed(error);
    }
  }

  #noticed(folder: string, path: string): void {
    if (this.#files.has(path)) return this.#tell(path);
    if (!this.#folders.has(folder) || this.#isIgnored(path)) return;
    if (isFolder(path)) {
      if (this.#folders.has(path)) return;
      this.#addFolder(path);
      // What was written into it before it was watched has been missed.
      if (namesIn(path).length > 0) this.#tell(path);
      return;
    }
    this.#forget(path); // if it was a folder
    if (SOURCE.test(basename(path))) this.#tell(path);
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    this.#folders.delete(folder);
  }

  /** Tools write several files, and one file in several steps. */
  #tell(path: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#options.changed(path), this.#options.quiet);
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
    return []; // gone, or not ours to read
  }
}

/** Links are not followed: they may lead in a circle. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
