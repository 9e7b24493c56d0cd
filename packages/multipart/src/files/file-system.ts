/** What this package asks of the file system; tests put faults in between. */
import type { Stats } from "node:fs";
import { fs, util } from "../node-modules.ts";

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
  open: util.promisify(fs.open),
  append(fd, chunks, done) {
    const [first] = chunks;
    if (chunks.length === 1 && first !== undefined) fs.write(fd, first, 0, first.length, null, done);
    else fs.writev(fd, chunks, done);
  },
  close: util.promisify(fs.close),
  link: (existing, path) => fs.promises.link(existing, path),
  rename: (from, to) => fs.promises.rename(from, to),
  unlink: (path) => fs.promises.unlink(path),
  mkdir: (path, options) => fs.promises.mkdir(path, options),
  rmdir: (path) => fs.promises.rmdir(path),
  lstat: (path) => fs.promises.lstat(path),
  readdir: (path) => fs.promises.readdir(path),
};
