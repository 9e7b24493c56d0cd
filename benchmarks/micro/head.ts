/** The cost of building the head of an answer: as one string, and by Node. */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { HeadBuilder, setLines } from "../../packages/core/src/message/answer-head.ts";
import { compare } from "./_measure.ts";

const TYPE = "application/json; charset=utf-8";
const THREE = { "Cache-Control": "no-store", "X-Request-Id": "b7f0c2d4e6a84c1f", "X-Frame-Options": "DENY" };

/** Headers as Node's response stores them: the given name and the value by the lower-case name. */
const KEPT = Object.fromEntries(
  Object.entries(THREE).map(([name, value]) => [name.toLowerCase(), [name, value] as const]),
);

const heads = new HeadBuilder(72_000);
const request = new IncomingMessage(new Socket());

await compare("head", "The head of an answer", [
  { name: "direct", run: () => heads.build(200, TYPE, "", null, 27) },
  { name: "direct, three headers", run: () => heads.build(200, TYPE, setLines(KEPT) ?? "", KEPT, 27) },
  { name: "node:http, writeHead()", run: () => writeHead({}) },
  { name: "node:http, writeHead(), three headers", run: () => writeHead(THREE) },
  { name: "node:http, setHeader(), three headers", run: setHeaders },
]);

/** Builds a head by writeHead() of a new response. Without a socket it is not sent. */
function writeHead(headers: Readonly<Record<string, string>>): ServerResponse {
  const response = new ServerResponse(request);
  return response.writeHead(200, { "Content-Type": TYPE, "Content-Length": 27, ...headers });
}

function setHeaders(): ServerResponse {
  const response = new ServerResponse(request);
  response.setHeader("Content-Type", TYPE);
  response.setHeader("Content-Length", 27);
  for (const [name, value] of Object.entries(THREE)) response.setHeader(name, value);
  return response.writeHead(200);
}
