/** Listeners that are attached after the answer, at once or in a later turn. */
import { finished } from "node:stream";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { PacketronRequest, PacketronResponse } from "../../src/index.ts";
import { Packetron } from "../../src/server/packetron.ts";
import { RawClient } from "../_raw.ts";
import { collectLog } from "../_server.ts";
import { answerTogether } from "../direct/_together.ts";

const instants: readonly (readonly [name: string, wait: (call: () => void) => unknown])[] = [
  ["at once", (call) => call()],
  ["in a microtask", (call) => queueMicrotask(call)],
  ["on the next tick", (call) => process.nextTick(call)],
  ["two ticks later", (call) => process.nextTick(() => process.nextTick(call))],
  ["a turn later", (call) => setImmediate(call)],
  ["some milliseconds later", (call) => setTimeout(call, 5)],
];

type Listen = (request: PacketronRequest, response: PacketronResponse, called: () => void) => void;

const listeners: readonly (readonly [name: string, listen: Listen])[] = [
  ["response finish", (_request, response, called) => response.on("finish", called)],
  ["response close", (_request, response, called) => response.once("close", called)],
  ["stream.finished(response)", (_request, response, called) => void finished(response, called)],
  ["stream.finished(request)", (request, _response, called) => void finished(request, called)],
];

const answers: readonly (readonly [name: string, answer: (response: PacketronResponse) => void])[] = [
  ["sendJson()", (response) => response.sendJson({ a: 1 })],
  ["sendStatusCode()", (response) => response.sendStatusCode(404)],
];

describe.each(answers)("after %s, with nothing else that ends direct dispatch", (_answer, answer) => {
  listenLate(answer);
});

describe.each(answers)("under load, after %s", (_answer, answer) => {
  beforeAll(answerTogether);
  listenLate(answer);
});

function listenLate(answer: (response: PacketronResponse) => void): void {
  describe.each(listeners)("a listener of %s", (_listener, listen) => {
    test.each(instants)("that is attached %s is called once", async (_instant, wait) => {
      const server = new Packetron({
        port: 0,
        host: "127.0.0.1",
        maxThreads: 1,
        idleGrace: 0,
        dispatch: "direct",
        logger: collectLog().logger,
      });
      onTestFinished(() => server.stop());
      let called = 0;
      server.handle({
        routePath: "/",
        handler: (request, response) => {
          answer(response);
          wait(() => listen(request, response, () => void called++));
        },
      });
      await server.start();
      const client = await RawClient.connect({ port: server.port });
      await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").responses(1);
      await expect.poll(() => called).toBe(1);
      await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n").responses(3);
      await expect.poll(() => called).toBe(3);
      client.destroy();
      await server.stop();
      expect(called).toBe(3);
    });
  });
}
