import type { ApplicationRegistration } from "@packetron/core/control";
import { describe, expect, test } from "vitest";
import { CommandFailure } from "../src/exit-code.ts";
import { type Criteria, selectApplication } from "../src/select-application.ts";

function card(name: string, pid: number, cwd: string): ApplicationRegistration {
  const identity = { boot: "b", namespace: "n", pid, start: "1" };
  return { name, entry: `${cwd}/${name}.js`, cwd, identity, socket: `/tmp/${pid}.sock` };
}

const shop = card("shop", 10, "/srv/shop");
const api = card("api", 20, "/srv/api");
const apiAgain = card("api", 30, "/srv/api");

function select(running: readonly ApplicationRegistration[], criteria: Partial<Criteria> = {}): unknown {
  try {
    return selectApplication(running, {
      name: undefined,
      pid: undefined,
      cwd: "/elsewhere",
      changes: false,
      ...criteria,
    });
  } catch (error) {
    if (error instanceof CommandFailure) return { code: error.exitCode, text: error.message };
    throw error;
  }
}

describe("the application that a command selects", () => {
  test("is the only running one, in any folder", () => {
    expect(select([shop])).toBe(shop);
  });

  test("is not the only running one of another folder for a command that changes it: exit code 2, with a list", () => {
    expect(select([shop], { changes: true })).toEqual({
      code: 2,
      text: [
        "No application was started in this folder; choose one with --name or --pid. These are running:",
        "  name  pid  folder",
        "  shop  10   /srv/shop",
      ].join("\n"),
    });
  });

  test.each([{ name: "shop" }, { pid: 10 }, { cwd: "/srv/shop" }])(
    "is the one with %j for a command that changes it",
    (criteria) => {
      expect(select([shop, api], { changes: true, ...criteria })).toBe(shop);
    },
  );

  test("is the only one of this folder, when others run elsewhere", () => {
    expect(select([shop, api, apiAgain], { cwd: "/srv/shop" })).toBe(shop);
  });

  test("is the one with the name, or with the process id, also of another folder", () => {
    expect(select([shop, api], { name: "api", cwd: "/srv/shop" })).toBe(api);
    expect(select([shop, api, apiAgain], { pid: 30 })).toBe(apiAgain);
  });

  test("does not exist when no application runs: exit code 3", () => {
    expect(select([])).toEqual({ code: 3, text: "No application of this user is running." });
  });

  test("does not exist when none matches: exit code 3, and a list of those that run", () => {
    expect(select([shop], { name: "shpo", pid: 9 })).toEqual({
      code: 3,
      text: [
        'No application with the name "shpo" and the process id 9 is running. These are running:',
        "  name  pid  folder",
        "  shop  10   /srv/shop",
      ].join("\n"),
    });
  });

  test.each([
    [{}, [shop, api]],
    [{ name: "api" }, [api, apiAgain]],
    [{ cwd: "/srv/api" }, [api, apiAgain]],
  ])("is not guessed when several match: %j gives exit code 2, with a list", (criteria, running) => {
    const result = select(running, criteria);
    expect(result).toMatchObject({
      code: 2,
      text: expect.stringContaining("choose one with --name or --pid"),
    });
    for (const { identity } of running)
      expect(result).toMatchObject({ text: expect.stringContaining(String(identity.pid)) });
  });

  test("is listed without the control characters of its name", () => {
    const evil = card("a\u001b[2Jb", 1, "/x");
    expect(select([evil, shop])).toMatchObject({ text: expect.stringContaining("a\ufffd[2Jb") });
  });
});
