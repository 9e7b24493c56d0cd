import { describe, expect, test } from "vitest";
import { redis } from "../src/index.ts";
import { resolveSettings } from "../src/options.ts";

describe("redis()", () => {
  test("connects to this machine without options, and has to", () => {
    expect(resolveSettings({})).toEqual({
      name: "packetron",
      required: true,
      server: { kind: "url", host: "127.0.0.1", port: 6379, database: 0 },
      where: "redis://127.0.0.1:6379",
      username: undefined,
      password: undefined,
      tls: undefined,
    });
  });

  test("takes user, password, database and TLS from the url, and shows no password", () => {
    const settings = resolveSettings({ url: "rediss://me:p%40ss@store.example:6380/3" });
    expect(settings).toMatchObject({
      server: { kind: "url", host: "store.example", port: 6380, database: 3 },
      where: "rediss://store.example:6380",
      username: "me",
      password: "p@ss",
      tls: {},
    });
  });

  test("prefers username, password and tls of their own", () => {
    const url = "redis://me:one@[::1]";
    const settings = resolveSettings({ url, username: "you", password: "two", tls: { servername: "s" } });
    expect(settings).toMatchObject({ username: "you", password: "two", tls: { servername: "s" } });
    expect(settings.server).toMatchObject({ host: "::1", port: 6379 });
  });

  test("takes a Unix socket, a cluster or Sentinels in place of the url", () => {
    expect(resolveSettings({ socket: "/run/redis.sock" }).server).toEqual({
      kind: "socket",
      path: "/run/redis.sock",
    });
    expect(resolveSettings({ cluster: ["10.0.0.1:7000", "[::1]:7001"] })).toMatchObject({
      server: {
        kind: "cluster",
        nodes: [
          { host: "10.0.0.1", port: 7000 },
          { host: "::1", port: 7001 },
        ],
      },
      where: "10.0.0.1:7000, ::1:7001",
    });
    expect(resolveSettings({ sentinel: { name: "main", nodes: ["a:26379"] } })).toMatchObject({
      server: { kind: "sentinel", name: "main", nodes: [{ host: "a", port: 26379 }] },
      where: "main of the Sentinels a:26379",
    });
  });

  test.each([
    ["redis()", null, "an object"],
    ["redis.url", { url: "http://a" }, "redis://127.0.0.1:6379"],
    ["redis.url", { url: "redis://a/x" }, "redis://127.0.0.1:6379"],
    ["redis.url", { url: 7 }, "7"],
    ["redis.name", { name: "a}b" }, '"a}b"'],
    ["redis.name", { name: "n".repeat(101) }, "1 to 100"],
    ["redis.socket", { socket: "" }, "a text"],
    ["redis.socket", { url: "redis://a", socket: "/s" }, "no value beside url"],
    ["redis.cluster", { cluster: [] }, "a list of addresses"],
    ["redis.cluster", { cluster: ["a"] }, '"a"'],
    ["redis.sentinel", { sentinel: "a" }, "an object"],
    ["redis.sentinel.nodes", { sentinel: { name: "a" } }, "a list of addresses"],
    ["redis.required", { required: 1 }, "true or false"],
    ["redis.tls", { tls: "yes" }, "tls.connect()"],
    ["redis.username", { username: 1 }, "a text"],
  ])("refuses a wrong %s: %j", (option, options, text) => {
    expect(() => Reflect.apply(redis, undefined, [options])).toThrow(
      expect.objectContaining({ code: "PKT_OPTION_INVALID", message: expect.stringContaining(text) }),
    );
    expect(() => Reflect.apply(redis, undefined, [options])).toThrow(option);
  });

  test("refuses an unknown option, with the nearest one", () => {
    expect(() => Reflect.apply(redis, undefined, [{ sockte: "/s" }])).toThrow('"socket"');
  });

  test("shows no password in its errors", () => {
    for (const options of [{ url: "redis://:hidden@a/x" }, { password: ["hidden"] }, { url: "hidden" }])
      expect(() => Reflect.apply(redis, undefined, [options])).toThrow(expect.not.stringContaining("hidden"));
  });
});
