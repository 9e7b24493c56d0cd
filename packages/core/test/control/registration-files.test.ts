import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  type ApplicationRegistration,
  listApplications,
  openDirectory,
  ownRegistration,
  publishRegistration,
  registrationPaths,
  withdrawRegistration,
} from "../../src/control/registration-files.ts";

/** The path of a directory that does not exist yet. */
function makePath(): string {
  const parent = mkdtempSync(join(realpathSync(tmpdir()), "control-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  return join(parent, "own");
}

/** Writes a registration file with these changes. */
function publish(
  directory: string,
  changes: Partial<ApplicationRegistration> = {},
): { file: string; socket: string } {
  const places = registrationPaths(directory);
  publishRegistration(places.file, { ...ownRegistration(places.socket), ...changes });
  writeFileSync(places.socket, "");
  return places;
}

describe("the directory", () => {
  test("is made with mode 0700, and reused when it exists", () => {
    const path = makePath();
    expect(openDirectory(path)).toBe(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(openDirectory(path)).toBe(path);
  });

  test("that other users may enter, or that is a link, is refused with the reason", () => {
    const open = makePath();
    mkdirSync(open, { mode: 0o755 });
    expect(() => openDirectory(open)).toThrow("others may enter it");
    expect(() => listApplications(open)).toThrow("others may enter it");
    const link = makePath();
    symlinkSync(open, link);
    expect(() => openDirectory(link)).toThrow("it is a symbolic link");
  });

  test("whose path is too long for a socket is refused, because it would be cut off", () => {
    expect(() => openDirectory(join(makePath(), "x".repeat(100)))).toThrow("is too long for a socket");
  });

  test("that does not exist holds no applications", () => {
    expect(listApplications(makePath())).toEqual([]);
  });
});

describe("the registration of an application", () => {
  test("names the program, its working directory and its process", () => {
    vi.stubEnv("PACKETRON_NAME", "");
    onTestFinished(() => void vi.unstubAllEnvs());
    const registration = ownRegistration("/socket");
    expect(registration).toMatchObject({ cwd: process.cwd(), entry: process.argv[1], socket: "/socket" });
    expect(registration.identity.pid).toBe(process.pid);
    expect(`/${registration.name}.`).toBe(/\/[^/]+\.(?=\w+$)/.exec(registration.entry)?.[0]);
  });

  test("has the name in PACKETRON_NAME when it is set", () => {
    vi.stubEnv("PACKETRON_NAME", "api");
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(ownRegistration("/socket").name).toBe("api");
  });

  test("is listed while its process runs, and only its user can read it", () => {
    const directory = openDirectory(makePath());
    const { file, socket } = publish(directory, { name: "mine" });
    expect(listApplications(directory)).toMatchObject([{ name: "mine", socket }]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    withdrawRegistration(file, socket);
    withdrawRegistration(file, socket);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("of a process that is dead, or of another boot, is removed with its socket", () => {
    const directory = openDirectory(makePath());
    const { identity } = ownRegistration("");
    const dead = publish(directory, { identity: { ...identity, start: "1" } });
    const old = publish(directory, { identity: { ...identity, boot: "0" } });
    const alive = publish(directory);
    expect(listApplications(directory).map(({ socket }) => socket)).toEqual([alive.socket]);
    for (const { file, socket } of [dead, old])
      expect([existsSync(file), existsSync(socket)]).toEqual([false, false]);
    expect(existsSync(alive.socket)).toBe(true);
  });

  test("of another container stays, because its process is not visible", () => {
    const directory = openDirectory(makePath());
    const { identity } = ownRegistration("");
    publish(directory, { identity: { ...identity, namespace: "1", pid: 1 } });
    expect(listApplications(directory)).toHaveLength(1);
  });

  test.each([
    ["that is not JSON", "{"],
    ["without an identity", JSON.stringify({ ...ownRegistration("/x/1.sock"), identity: null })],
    ["whose process id is text", JSON.stringify({ ...ownRegistration("/x/1.sock"), identity: { pid: "1" } })],
    [
      "that is larger than any",
      JSON.stringify({ ...ownRegistration("/x/1.sock"), more: "x".repeat(40_000) }),
    ],
  ])("%s is ignored, and stays", (_what, text) => {
    const directory = openDirectory(makePath());
    writeFileSync(join(directory, "control-00000000.json"), text);
    expect(listApplications(directory)).toEqual([]);
    expect(readdirSync(directory)).toHaveLength(1);
  });

  test("whose socket is elsewhere is ignored: nothing outside the directory is removed", () => {
    const directory = openDirectory(makePath());
    const outside = join(directory, "..", "victim.sock");
    writeFileSync(outside, "");
    publish(directory, { socket: outside, identity: { ...ownRegistration("").identity, start: "1" } });
    expect(listApplications(directory)).toEqual([]);
    expect(existsSync(outside)).toBe(true);
  });
});
