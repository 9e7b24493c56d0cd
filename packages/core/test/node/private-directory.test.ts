import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { privateDirectory, privateDirectoryProblem } from "../../src/node/private-directory.ts";

const parent = mkdtempSync(join(tmpdir(), "private-directory-"));
afterAll(() => rmSync(parent, { recursive: true }));

const path = (name: string): string => join(parent, name);
const problem = (name: string): string | undefined => privateDirectoryProblem(lstatSync(path(name)));

test("the name contains the user", () => {
  expect(privateDirectory(parent)).toBe(path(`.packetroninternal-${process.geteuid?.()}`));
});

test("a directory that only this user may enter is accepted", () => {
  mkdirSync(path("own"), { mode: 0o700 });
  expect(problem("own")).toBeUndefined();
});

test("a link, a file, an open directory and another user's directory are refused with the reason", () => {
  mkdirSync(path("open"));
  chmodSync(path("open"), 0o755);
  symlinkSync(path("own"), path("link"));
  writeFileSync(path("file"), "");
  expect(problem("open")).toBe("others may enter it (mode 755, expected 700)");
  expect(problem("link")).toBe("it is a symbolic link");
  expect(problem("file")).toBe("it is not a directory");
  const uid = process.geteuid?.() ?? 0;
  vi.spyOn(process, "geteuid").mockReturnValue(uid + 1);
  expect(problem("own")).toBe(`it belongs to the user ${uid}`);
  vi.restoreAllMocks();
});
