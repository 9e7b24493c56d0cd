import http from "node:http";
import https from "node:https";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createCertificate } from "../_certificate.ts";
import { ask } from "../_raw.ts";

beforeEach(() => void vi.resetModules()); // Node's internals are looked at once

/** What tracing tools do, on which kind of server, and how it is undone. */
const patches: [string, boolean, () => () => void][] = [
  ["http.Server.prototype.emit", false, () => patchEmit(http.Server.prototype)],
  ["https.Server.prototype.emit", true, () => patchEmit(https.Server.prototype)],
  ["http.createServer", false, () => patchCreate(http)],
  ["https.createServer", true, () => patchCreate(https)],
];

/** Internals that another Node may not have. */
const differences: [string, boolean, () => () => void][] = [
  ["response._headerSent", false, () => hide(http.OutgoingMessage.prototype, "_headerSent")],
  ["response._closed", true, () => hide(http.OutgoingMessage.prototype, "_closed")],
];

describe("what is looked at before requests are answered directly", () => {
  let undo = (): void => {};
  afterEach(() => undo());

  it("is all there in this Node", async () => {
    const { directProblem } = await import("../../src/node/probe.ts");
    expect([directProblem(false), directProblem(true)]).toEqual([null, null]);
  });

  it.each(patches)("is whether a tool has patched %s", async (name, isSecure, patch) => {
    undo = patch();
    const { directProblem } = await import("../../src/node/probe.ts");
    expect(directProblem(isSecure)).toBe(`${name} is patched`);
    undo();
    expect(directProblem(isSecure)).toBeNull();
  });

  it.each(differences)("is %s", async (name, isSecure, patch) => {
    undo = patch();
    const { directProblem } = await import("../../src/node/probe.ts");
    expect(directProblem(isSecure)).toContain(name);
  });

  it.each([...patches, ...differences])(
    "sends requests the standard way with one line in the log, where it is wrong: %s",
    async (_name, isSecure, patch) => {
      const { startServing } = await import("../direct/_serving.ts");
      const { ExchangeState } = await import("../../src/message/exchange.ts");
      undo = patch();
      const states: number[] = [];
      const server = await startServing(isSecure ? { tls: createCertificate() } : {}, (request, response) => {
        request.response = response;
        states.push(response.state);
        response.sendTextPlain("ok");
      });
      undo();
      try {
        expect((await ask(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")).status).toBe(200);
        expect(states).toEqual([ExchangeState.NODE]);
        expect(server.logged).toEqual(["requests are dispatched the standard way"]);
      } finally {
        await server.stop();
      }
    },
  );
});

function patchEmit(prototype: http.Server | https.Server): () => void {
  Object.defineProperty(prototype, "emit", { value: prototype.emit, configurable: true });
  return () => void Reflect.deleteProperty(prototype, "emit");
}

function patchCreate(module: typeof http | typeof https): () => void {
  const { createServer } = module;
  const set = (value: unknown): void => void Reflect.set(module, "createServer", value);
  set((...parameters: unknown[]) => Reflect.apply(createServer, module, parameters));
  return () => set(createServer);
}

/** Node's constructor sets the property, and it is not there. */
function hide(prototype: object, name: string): () => void {
  const before = Object.getOwnPropertyDescriptor(prototype, name);
  Object.defineProperty(prototype, name, { configurable: true, get: () => undefined, set: () => {} });
  return () => {
    Reflect.deleteProperty(prototype, name);
    if (before !== undefined) Object.defineProperty(prototype, name, before);
  };
}
