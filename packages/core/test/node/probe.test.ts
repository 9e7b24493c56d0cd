import http from "node:http";
import https from "node:https";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createCertificate } from "../_certificate.ts";
import { ask } from "../_raw.ts";

beforeEach(() => void vi.resetModules()); // Node's internals are probed once

/** Patches of tracing tools: the name, the kind of server, and a function that patches and returns the undo function. */
const patches: [string, boolean, () => () => void][] = [
  ["http.Server.prototype.emit", false, () => patchEmit(http.Server.prototype)],
  ["https.Server.prototype.emit", true, () => patchEmit(https.Server.prototype)],
  ["http.createServer", false, () => patchCreate(http)],
  ["https.createServer", true, () => patchCreate(https)],
];

/** Internals that another Node version may not have. */
const differences: [string, boolean, () => () => void][] = [
  ["response._headerSent", false, () => hide(http.OutgoingMessage.prototype, "_headerSent")],
  ["response._closed", true, () => hide(http.OutgoingMessage.prototype, "_closed")],
];

describe("the probe before direct dispatch", () => {
  let undo = (): void => {};
  afterEach(() => undo());

  it("finds all internals in this Node", async () => {
    const { directProblem } = await import("../../src/node/probe.ts");
    expect([directProblem(false), directProblem(true)]).toEqual([null, null]);
  });

  it.each(patches)("detects that a tool has patched %s", async (name, isSecure, patch) => {
    undo = patch();
    const { directProblem } = await import("../../src/node/probe.ts");
    expect(directProblem(isSecure)).toBe(`${name} is patched`);
    undo();
    expect(directProblem(isSecure)).toBeNull();
  });

  it.each(differences)("detects %s", async (name, isSecure, patch) => {
    undo = patch();
    const { directProblem } = await import("../../src/node/probe.ts");
    expect(directProblem(isSecure)).toContain(name);
  });

  it.each([...patches, ...differences])(
    "selects standard dispatch with one log line when it detects a problem: %s",
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

/** Hides a property that Node's constructor sets. */
function hide(prototype: object, name: string): () => void {
  const before = Object.getOwnPropertyDescriptor(prototype, name);
  Object.defineProperty(prototype, name, { configurable: true, get: () => undefined, set: () => {} });
  return () => {
    Reflect.deleteProperty(prototype, name);
    if (before !== undefined) Object.defineProperty(prototype, name, before);
  };
}
