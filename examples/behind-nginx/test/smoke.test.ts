import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { get, request } from "node:http";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";
import type { Program } from "../../../scripts/test/_program.ts";

const isInstalled = (proxy: string): boolean =>
  spawnSync(proxy, [proxy === "nginx" ? "-v" : "version"]).status === 0;

describe.each(["nginx", "caddy"])("behind %s", (proxy) => {
  const installed = isInstalled(proxy);
  if (!installed) console.warn(`${proxy} is not installed. Its tests are skipped.`);

  describe.skipIf(!installed)("the server", () => {
    let program: Program;
    let end: () => Promise<void>;
    beforeAll(async () => {
      const whenDone = (done: () => Promise<void>): void => {
        end = done;
      };
      program = await startExample("behind-nginx", { PROXY: proxy }, { whenDone });
    });
    afterAll(() => end());

    test("gets the address, protocol and host of the client, and nothing that the client claims about itself", async () => {
      const claims = {
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        Forwarded: "for=203.0.113.8;host=evil.example;proto=https",
      };
      const asked = get(`${program.origin}/whoami`, { localAddress: "127.0.0.2", headers: claims });
      const [answer] = await once(asked, "response");
      const { host } = new URL(program.origin);
      expect(await json(answer)).toEqual({ ip: "127.0.0.2", protocol: "http", host });
    });

    test("gets an upload while it arrives", async () => {
      const read = async (): Promise<unknown> => (await fetch(`${program.origin}/received`)).json();
      const upload = request(`${program.origin}/uploads`, {
        method: "POST",
        headers: { "Content-Length": 200_000 },
      });
      const answered = once(upload, "response");
      upload.write(Buffer.alloc(100_000));
      await expect.poll(read).toEqual({ received: 100_000 });
      upload.end(Buffer.alloc(100_000));
      const [answer] = await answered;
      expect(await json(answer)).toEqual({ received: 200_000 });
    });

    test("sends events at once", async () => {
      const leaving = new AbortController();
      onTestFinished(() => leaving.abort());
      const { body, headers } = await fetch(`${program.origin}/events`, { signal: leaving.signal });
      expect(headers.get("content-type")).toBe("text/event-stream");
      let text = "";
      for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += piece;
        if (text.includes("data: the first event\n\n")) return;
      }
      expect.unreachable(`The stream ended after ${text}`);
    });

    test("answers WebSockets", async () => {
      const socket = new WebSocket(`${program.origin.replace(/^http/, "ws")}/echo`);
      onTestFinished(() => socket.close());
      await new Promise((resolve) => socket.addEventListener("open", resolve));
      const received = new Promise((resolve) => socket.addEventListener("message", resolve));
      socket.send("hello");
      expect(await received).toMatchObject({ data: "hello" });
      socket.close();
    });

    test("stops after its proxy, with exit code 0", async () => {
      expect(await program.stop()).toBe(0);
    });
  });
});
