/**
 * The cost of functions that see each answer (`host.answering()`). Timed is what core does for the head of a small JSON
 * answer, from a new response to the text that is written.
 */
import { Socket } from "node:net";
import { PacketronRequest, PacketronResponse } from "@packetron/core";
import { prepareHeaders } from "@packetron/core/capability";
import { deliver } from "../../packages/core/src/message/answer.ts";
import type { Answering } from "../../packages/core/src/message/answer-change.ts";
import { HeadBuilder, setLines } from "../../packages/core/src/message/answer-head.ts";
import { Answerings } from "../../packages/core/src/message/answerings.ts";
import type { Responder } from "../../packages/core/src/message/exchange.ts";
import { nodeResponder } from "../../packages/core/src/message/node-responder.ts";
import { pendingHeaders } from "../../packages/core/src/node/internals.ts";
import { type Contestant, compare } from "./_measure.ts";

const request = new PacketronRequest(new Socket());
request.method = "GET";
const heads = new HeadBuilder(72_000);
const TYPE = "application/json; charset=utf-8";
const BODY = '{"status":"ok"}';
let written = 0;

/** Builds the head, as a direct answer does, and writes nothing. */
const responder: Responder = {
  ...nodeResponder,
  send(response, type, body) {
    const set = pendingHeaders(response);
    const lines = set === null ? "" : (setLines(set) ?? "");
    const { statusCode, headerBlock } = response;
    written += heads.build(
      statusCode,
      type,
      lines,
      lines === "" ? null : set,
      body.length,
      headerBlock,
    ).length;
  },
};

const oneHeader: Answering = (_request, response) => response.setHeader("X-Content-Type-Options", "nosniff");

const names = Array.from({ length: 12 }, (_, index) => `X-Security-Header-${index}`);

const twelveHeaders: Answering = (_request, response) => {
  for (const name of names) response.setHeader(name, "same-origin");
};

const addHeaders = prepareHeaders(Object.fromEntries(names.map((name) => [name, "same-origin"])));

await compare("answering", "Functions that see each answer", [
  contestant("no function"),
  contestant("a function that changes nothing", () => undefined),
  contestant("3 functions that change nothing", ...Array<Answering>(3).fill(() => undefined)),
  contestant("1 header", oneHeader),
  contestant("12 headers", twelveHeaders),
  contestant("12 prepared headers", (_request, response) => addHeaders(response)),
  contestant("12 prepared headers, and 1 header", oneHeader, (_request, response) => addHeaders(response)),
  contestant("another body", () => "changed"),
]);

function contestant(name: string, ...changes: readonly Answering[]): Contestant {
  const answerings = new Answerings(() => undefined);
  for (const change of changes) answerings.add(change);
  return {
    name,
    run: () => {
      const response = new PacketronResponse(request);
      response.responder = responder;
      if (changes.length > 0) {
        response.answerings = answerings;
        answerings.guard(response);
      }
      deliver(response, TYPE, BODY);
      return written;
    },
  };
}
