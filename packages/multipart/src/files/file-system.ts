/** What this package asks of the file system; tests put faults in between. */
import { close, open, type Stats, write, writev } from "node:fs";
import { link, lstat, mkdir, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { promisify } from "node:util";

/** The calls of a file system. */
export interface FileSystem {
  open(path: string, flags: number, mode: number): Promise<number>;
  /** Appends the first bytes of the chunks, as many as it can at once. Calls back: it is the hot path of an upload. */
  append(fd: number, chunks: readonly Buffer[], done: (error: Error | null, written: number) => void): void;
  close(fd: number): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  mkdir(path: string, options: { readonly recursive?: boolean; readonly mode: number }): Promise<unknown>;
  rmdir(path: string): Promise<void>;
  lstat(path: string): Promise<Stats>;
  readdir(path: string): Promise<string[]>;
}

/** The real one. */
export const nodeFileSystem: FileSystem = {
  open: promisify(open),
  append(fd, chunks, done) {
    const [first] = chunks;
    if (chunks.length === 1 && first !== undefined) write(fd, first, 0, first.length, null, done);
    else writev(fd, chunks, done);
  },
  close: promisify(close),
  link,
  rename,
  unlink,
  mkdir,
  rmdir,
  lstat,
  readdir: (path) => readdir(path),
};
