import type { ApplicationRegistration } from "@packetron/core/control";
import { describe, expect, test } from "vitest";
import { chooseApplication, type Wish } from "../src/choose.ts";
import { CommandFailure } from "../src/exit-code.ts";

function card(name: string, pid: number, cwd: string): ApplicationRegistration {
  const identity = { boot: "b", namespace: "n", pid, start: "1" };
  return { name, entry: `${cwd}/${name}.js`, cwd, identity, socket: `/tmp/${pid}.sock` };
}

const shop = card("shop", 10, "/srv/shop");
const api = card("api", 20, "/srv/api");
const apiAgain = card("api", 30, "/srv/api");

function choose(running: readonly ApplicationRegistration[], wish: Partial<Wish> = {}): unknown {
  try {
    return chooseApplication(running, { name: undefined, pid: undefined, cwd: "/elsewhere", ...wish });
  } catch (error) {
    if (error instanceof CommandFailure) return { code: error.exitCode, text: error.message };
    throw error;
  }
}

describe("the application that is meant", () => {
  test("is the only one, wherever it was started", () => {
    expect(choose([shop])).toBe(shop);
  });

  test("is the only one of this folder, when there are others", () => {
    expect(choose([shop, api, apiAgain], { cwd: "/srv/shop" })).toBe(shop);
  });

  test("is the one with the name, or with the process id, also of another folder", () => {
    expect(choose([shop, api], { name: "api", cwd: "/srv/shop" })).toBe(api);
    expect(choose([shop, api, apiAgain], { pid: 30 })).toBe(apiAgain);
  });

  test("is none when nothing runs: exit code 3", () => {
    expect(choose([])).toEqual({ code: 3, text: "No application of this user is running." });
  });

  test("is none when nothing fits, and those that are there are listed: exit code 3", () => {
    expect(choose([shop], { name: "shpo", pid: 9 })).toEqual({
      code: 3,
      text: [
        'No application with the name "shpo" and the process id 9 is running. There are:',
        "  name  pid  folder",
        "  shop  10   /srv/shop",
      ].join("\n"),
    });
  });

  test.each([
    [{}, [shop, api]],
    [{ name: "api" }, [api, apiAgain]],
    [{ cwd: "/srv/api" }, [api, apiAgain]],
  ])("is not guessed when several fit: %j is exit code 2, with a list", (wish, running) => {
    const result = choose(running, wish);
    expect(result).toMatchObject({
      code: 2,
      text: expect.stringContaining("choose one with --name or --pid"),
    });
    for (const { identity } of running)
      expect(result).toMatchObject({ text: expect.stringContaining(String(identity.pid)) });
  });

  test("is listed without the control characters of its name", () => {
    const evil = card("a\u001b[2Jb", 1, "/x");
    expect(choose([evil, shop])).toMatchObject({ text: expect.stringContaining("a\ufffd[2Jb") });
  });
});
