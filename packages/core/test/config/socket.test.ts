import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { resolveServerSettings } from "../../src/config/settings.ts";

/** Calls resolveServerSettings() with a value of any type, like JavaScript. */
function settle(options: unknown): unknown {
  return Reflect.apply(resolveServerSettings, undefined, [options]);
}

describe("the option socket", () => {
  test("is undefined by default, and its path becomes absolute", () => {
    expect(resolveServerSettings({}).socket).toBeUndefined();
    const { socket } = resolveServerSettings({ socket: { path: "run/../app.sock", mode: 0o660 } });
    expect(socket).toEqual({ path: join(process.cwd(), "app.sock"), mode: 0o660 });
    expect(settle({ socket: { path: "/run/app.sock" }, port: undefined })).toHaveProperty(
      "socket.path",
      resolve("/run/app.sock"),
    );
  });

  const path = "/run/app.sock";
  test.each<[options: object, code: string, message: string]>([
    [
      { socket: path },
      "PKT_OPTION_INVALID",
      'Option "socket": got "/run/app.sock", expected an object such as',
    ],
    [{ socket: null }, "PKT_OPTION_INVALID", 'Option "socket": got null, expected an object such as'],
    [{ socket: {} }, "PKT_OPTION_INVALID", 'Option "socket.path": got undefined, expected a path such as'],
    [{ socket: { path: "" } }, "PKT_OPTION_INVALID", 'Option "socket.path": got ""'],
    [{ socket: { path: "\0a" } }, "PKT_OPTION_INVALID", 'Option "socket.path": got'],
    [{ socket: { path: `/${"a".repeat(110)}` } }, "PKT_OPTION_INVALID", "bytes."],
    [{ socket: { path, mode: "660" } }, "PKT_OPTION_INVALID", 'Option "socket.mode": got "660"'],
    [{ socket: { path, mode: 660 } }, "PKT_OPTION_INVALID", "such as 0o660"],
    [{ socket: { path, mode: -1 } }, "PKT_OPTION_INVALID", 'Option "socket.mode": got -1'],
    [{ socket: { path, mod: 0o660 } }, "PKT_OPTION_UNKNOWN", 'Did you mean "mode"?'],
    [{ socket: { path }, port: 3000 }, "PKT_OPTION_INVALID", "no port beside the option socket"],
    [{ socket: { path }, host: "::" }, "PKT_OPTION_INVALID", "no host beside the option socket"],
    [{ socket: { path }, distribution: "reuse-port" }, "PKT_OPTION_INVALID", "use LEAST_CONNECTIONS"],
  ])("%j is refused with %s", (options, code, message) => {
    expect(() => settle(options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
